import Billing
import Synchronization

/// A mailer that takes every receipt.
struct WillingMailer: ReceiptMailer {
    func email(
        _ target: ReceiptTarget,
        to address: EmailAddress?,
        now: Instant
    ) async throws(ReceiptNotMailed) -> EmailAddress {
        guard let address = address ?? EmailAddress("customer@example.com") else { throw .noAddress }
        return address
    }
}

/// A source of receipt links with the answers of a test, which records the requests.
final class ScriptedReceipts: ReceiptSource {
    private let answer: Result<String, ReceiptUnavailable>
    private let asked = Mutex<[ReceiptTarget]>([])

    /// - Parameter link: A link to Stripe's host.
    init(link: String) { answer = .success(link) }

    init(failure: String) { answer = .failure(ReceiptUnavailable(failure)) }

    var targets: [ReceiptTarget] { asked.withLock { $0 } }

    func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        asked.withLock { $0.append(target) }
        guard let url = ReceiptURL(try answer.get(), allowing: .stripe) else {
            throw ReceiptUnavailable("the script's link is not allowed")
        }
        return url
    }
}
