/// `GET /v1/refunds` and `GET /v1/refunds/:id`
extension StripeClient {
    /// The refund as Stripe has it now.
    ///
    /// - Parameters:
    ///   - id: A refund's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The refund's JSON, byte for byte.
    /// - Throws: Anything but a success about this very object.
    package func refund(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("refund", id: id, path: ["v1", "refunds"], account: account)
    }
}

extension StripeListing {
    package static func refunds(
        created: CreatedRange = .all,
        charge: String? = nil,
        paymentIntent: String? = nil
    ) -> StripeListing {
        StripeListing(
            "refund",
            path: ["v1", "refunds"],
            filters: [Filter("charge", charge), Filter("payment_intent", paymentIntent)],
            created: created
        )
    }
}
