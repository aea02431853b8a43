/// `GET /v1/payment_intents` and `GET /v1/payment_intents/:id`
extension StripeClient {
    /// Retrieves the payment intent in its current state.
    ///
    /// - Parameters:
    ///   - id: A payment intent's id.
    ///   - expandingLatestCharge: Whether `latest_charge` contains the charge instead of its id.
    ///   - account: The connected account the intent belongs to.
    /// - Returns: The payment intent's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func paymentIntent(
        _ id: String,
        expandingLatestCharge: Bool = true,
        account: String? = nil
    ) async throws(StripeAPIError) -> [UInt8] {
        try await object(
            "payment_intent",
            id: id,
            path: ["v1", "payment_intents"],
            query: expandingLatestCharge ? [("expand[]", "latest_charge")] : [],
            account: account
        )
    }
}

extension LeastVersion {
    /// In earlier versions a PaymentIntent has a list of charges instead.
    static let latestCharge = LeastVersion(
        "GET /v1/payment_intents/:id?expand[]=latest_charge",
        "2022-11-15",
        source: "https://docs.stripe.com/changelog/2022-11-15/removes-charges-attribute-paymentintent"
    )
}

extension StripeListing {
    package static func paymentIntents(
        created: CreatedRange = .all,
        customer: String? = nil
    ) -> StripeListing {
        StripeListing(
            "payment_intent",
            path: ["v1", "payment_intents"],
            filters: [Filter("customer", customer)],
            created: created
        )
    }
}
