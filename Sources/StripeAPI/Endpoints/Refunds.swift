/// `GET /v1/refunds` and `GET /v1/refunds/:id`
extension StripeClient {
    /// Retrieves the refund in its current state.
    ///
    /// - Parameters:
    ///   - id: A refund's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The refund's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func refund(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("refund", id: id, path: ["v1", "refunds"], account: account)
    }
}

extension LeastVersion {
    static let refundCustomer = LeastVersion(
        "GET /v1/refunds with a customer",
        "2026-07-29.dahlia",
        source:
            "https://docs.stripe.com/changelog/dahlia/2026-07-29/adds-customer-and-payment-method-details-to-the-refunds-api",
        withoutIt: "the customer of a refund is that of its charge"
    )
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
