/// Makes Stripe e-mail the receipt of a payment.
package protocol ReceiptMailer: Sendable {
    /// - Parameters:
    ///   - target: The payment of the receipt.
    ///   - address: The recipient; `nil` for the address that Stripe has.
    ///   - now: The current time.
    /// - Returns: The address to which Stripe was asked to send the receipt.
    /// - Throws: ``ReceiptNotMailed`` if Stripe did not accept the request.
    func email(
        _ target: ReceiptTarget,
        to address: EmailAddress?,
        now: Instant
    ) async throws(ReceiptNotMailed) -> EmailAddress
}

/// Why a receipt was not e-mailed.
///
/// Safe to log.
package enum ReceiptNotMailed: Error, Equatable, CustomStringConvertible {
    /// No key for Stripe's API is configured.
    case notConfigured
    /// There is no charge with a receipt, for example because the invoice was paid outside Stripe.
    case noCharge
    /// Stripe has no address for the receipt.
    case noAddress
    /// Stripe refuses the address.
    case addressRefused
    /// A receipt was sent a moment ago, or is being sent.
    case tooSoon(retryAfterSeconds: Int64)
    /// The key lacks the permission.
    case keyRefused(reason: String)
    /// Stripe does not answer, or gives an invalid answer.
    case unavailable(reason: String, retryAfterSeconds: Int64)

    package var description: String {
        switch self {
        case .notConfigured: "STRIPE_SECRET_KEY is not set"
        case .noCharge: "there is no charge"
        case .noAddress: "Stripe has no address"
        case .addressRefused: "Stripe refuses the address"
        case .tooSoon(let seconds): "too soon by \(seconds) s"
        case .keyRefused(let reason), .unavailable(let reason, _): reason
        }
    }
}

/// The mailer without a key for Stripe's API, which never sends.
package struct NoReceiptMailer: ReceiptMailer {
    package init() {}

    package func email(
        _ target: ReceiptTarget,
        to address: EmailAddress?,
        now: Instant
    ) async throws(ReceiptNotMailed) -> EmailAddress {
        throw .notConfigured
    }
}
