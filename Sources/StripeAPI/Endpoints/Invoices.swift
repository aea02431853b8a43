/// `GET /v1/invoices` and `GET /v1/invoices/:id`
extension StripeClient {
    /// Retrieves the invoice in its current state, with fresh links.
    ///
    /// - Parameters:
    ///   - id: An invoice's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The invoice's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func invoice(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("invoice", id: id, path: ["v1", "invoices"], account: account)
    }
}

extension StripeListing {
    package static func invoices(
        created: CreatedRange = .all,
        customer: String? = nil,
        subscription: String? = nil
    ) -> StripeListing {
        StripeListing(
            "invoice",
            path: ["v1", "invoices"],
            filters: [Filter("customer", customer), Filter("subscription", subscription)],
            created: created
        )
    }
}
