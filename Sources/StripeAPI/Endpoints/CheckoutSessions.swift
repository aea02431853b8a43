/// `GET /v1/checkout/sessions/:id`
extension StripeClient {
    /// Retrieves the checkout session in its current state.
    ///
    /// - Parameters:
    ///   - id: A checkout session's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The checkout session's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func checkoutSession(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8]
    {
        try await object("checkout.session", id: id, path: ["v1", "checkout", "sessions"], account: account)
    }
}
