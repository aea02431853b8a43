/// Gets a PaymentIntent from Stripe as it is now, for a person who waits for a page.
package protocol PaymentIntentSource: Sendable {
    /// - Parameters:
    ///   - id: The PaymentIntent's.
    ///   - account: The connected account that it belongs to; `nil` for one's own.
    /// - Returns: The PaymentIntent, in the state that it has at this moment.
    /// - Throws: ``PaymentIntentUnavailable`` when Stripe does not give it in time.
    func freshIntent(_ id: String, account: String?) async throws(PaymentIntentUnavailable) -> PaymentIntent
}

/// Why Stripe did not give a PaymentIntent.
///
/// Safe to log.
package struct PaymentIntentUnavailable: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
