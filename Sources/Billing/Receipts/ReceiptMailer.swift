/// Has Stripe e-mail the receipt of a payment.
package protocol ReceiptMailer: Sendable {
    /// - Parameters:
    ///   - target: Whose receipt.
    ///   - address: Whom to; nil for the address that Stripe has.
    ///   - now: The time.
    /// - Returns: The address that Stripe was asked to send it to.
    /// - Throws: ``ReceiptNotMailed`` when Stripe did not take it.
    func email(
        _ target: ReceiptTarget,
        to address: EmailAddress?,
        now: Instant
    ) async throws(ReceiptNotMailed) -> EmailAddress
}

/// Why Stripe was not asked to e-mail a receipt, or did not take it.
///
/// Safe to log.
package enum ReceiptNotMailed: Error, Equatable, CustomStringConvertible {
    /// No key for Stripe's API is configured.
    case notConfigured
    /// There is no charge whose receipt Stripe could send: an invoice that was paid outside Stripe, say.
    case noCharge
    /// Stripe has no address to send it to.
    case noAddress
    /// Stripe does not take the address.
    case addressRefused
    /// It was sent just now, or is being sent.
    case tooSoon(retryAfterSeconds: Int64)
    /// The key may not do it.
    case keyRefused(reason: String)
    /// Stripe does not answer, or not sensibly.
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

/// No key for Stripe's API is configured: nothing is ever sent.
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
