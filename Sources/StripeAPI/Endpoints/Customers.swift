/// `GET /v1/customers` and `GET /v1/customers/:id`
extension StripeClient {
    /// Retrieves the customer in its current state; a deleted customer has only its id and `deleted`.
    ///
    /// - Parameters:
    ///   - id: A customer's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The customer's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func customer(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("customer", id: id, path: ["v1", "customers"], account: account)
    }
}

extension StripeListing {
    /// Customers that were not deleted: <https://docs.stripe.com/api/customers/list>.
    package static func customers(created: CreatedRange = .all) -> StripeListing {
        StripeListing("customer", path: ["v1", "customers"], created: created)
    }
}
