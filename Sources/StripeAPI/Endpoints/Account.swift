/// `GET /v1/account`
extension StripeClient {
    /// The account that the key belongs to; many restricted keys may not ask.
    ///
    /// - Parameter account: A connected account, to get that one instead.
    /// - Returns: The account's JSON, byte for byte.
    /// - Throws: Anything but a success about an account.
    package func account(_ account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        let answer = try await get(path: ["v1", "account"], account: account)
        try answer.check(kind: "account", id: account)
        return answer.bytes
    }
}
