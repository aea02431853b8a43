/// `GET /v1/charges/:id`
extension StripeClient {
    /// The charge as Stripe has it now, with a receipt link minted for this answer.
    ///
    /// - Parameters:
    ///   - id: A charge's id, `ch_…` or `py_…`.
    ///   - account: The connected account the charge belongs to.
    /// - Returns: The charge's JSON, byte for byte.
    /// - Throws: Anything but a success about this very object.
    package func charge(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("charge", id: id, path: ["v1", "charges"], account: account)
    }
}
