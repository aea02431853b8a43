import Billing
import Storage

/// Asks Stripe to e-mail a receipt, for both the API route and the page's form.
struct ReceiptEmailer: Sendable {
    let feed: any TransactionFeed
    let mailer: any ReceiptMailer

    /// Asks Stripe to send the e-mail, by default to the address that Stripe has, and returns the
    /// recipient's address, masked for display.
    func send(
        _ id: String,
        to address: EmailAddress?,
        for caller: Caller,
        _ context: AppContext
    ) async throws -> String {
        guard let transaction = try await feed.transaction(id: id, within: caller.accessScope) else {
            throw APIError.notFound("transaction")
        }
        guard let target = transaction.receiptTarget(prefersPDF: false) else {
            throw APIError.receiptUnavailable
        }
        do {
            return "\(try await mailer.email(target, to: address, now: context.now))"
        } catch {
            context.logger.notice(
                "receipt not e-mailed",
                metadata: ["transaction": "\(transaction.id)", "reason": "\(error)"]
            )
            throw APIError(error)
        }
    }
}
