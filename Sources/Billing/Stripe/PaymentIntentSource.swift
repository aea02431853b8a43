/// Fetches the current state of a PaymentIntent from Stripe, while a reader waits for a page.
package protocol PaymentIntentSource: Sendable {
    /// - Parameters:
    ///   - id: The id of the PaymentIntent.
    ///   - account: The connected account that it belongs to; `nil` for the platform account.
    /// - Returns: The PaymentIntent in its current state.
    /// - Throws: ``PaymentIntentUnavailable`` if Stripe does not provide it in time.
    func freshIntent(_ id: String, account: String?) async throws(PaymentIntentUnavailable) -> PaymentIntent
}

/// Why Stripe did not provide a PaymentIntent.
///
/// Safe to log.
package struct PaymentIntentUnavailable: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
