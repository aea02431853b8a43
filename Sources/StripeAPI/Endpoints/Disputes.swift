/// `GET /v1/disputes` and `GET /v1/disputes/:id`
extension StripeClient {
    /// Retrieves the dispute in its current state.
    ///
    /// - Parameters:
    ///   - id: A dispute's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The dispute's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func dispute(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("dispute", id: id, path: ["v1", "disputes"], account: account)
    }
}

extension StripeListing {
    package static func disputes(
        created: CreatedRange = .all,
        charge: String? = nil,
        paymentIntent: String? = nil
    ) -> StripeListing {
        StripeListing(
            "dispute",
            path: ["v1", "disputes"],
            filters: [Filter("charge", charge), Filter("payment_intent", paymentIntent)],
            created: created
        )
    }
}
