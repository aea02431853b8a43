/// `GET /v1/account`
extension StripeClient {
    /// Retrieves the account that the key belongs to; many restricted keys may not.
    ///
    /// - Parameter account: A connected account to retrieve instead.
    /// - Returns: The account's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns the account.
    package func account(_ account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        let answer = try await get(path: ["v1", "account"], account: account)
        try answer.check(kind: "account", id: account)
        return answer.bytes
    }
}
