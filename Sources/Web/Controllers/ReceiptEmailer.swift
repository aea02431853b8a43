import Billing
import Storage

/// Has Stripe e-mail a receipt that the caller may see, whichever way it was asked for.
struct ReceiptEmailer: Sendable {
    let feed: any TransactionFeed
    let mailer: any ReceiptMailer

    /// Asks Stripe.
    ///
    /// - Parameters:
    ///   - id: The transaction's.
    ///   - address: Where to; `nil` for the address that Stripe has.
    ///   - caller: Who asks.
    ///   - context: The request.
    /// - Returns: Where to, as much of it as may be shown.
    /// - Throws: ``APIError``.
    func send(
        _ id: String,
        to address: EmailAddress?,
        for caller: Caller,
        _ context: AppContext
    ) async throws -> String {
        guard let transaction = try await feed.transaction(id: id, within: caller.reach) else {
            throw APIError.noSuch("transaction")
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
