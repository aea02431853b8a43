/// `GET /v1/charges`, `GET /v1/charges/:id` and `POST /v1/charges/:id`
extension StripeClient {
    /// Retrieves the charge in its current state, with a fresh receipt link.
    ///
    /// - Parameters:
    ///   - id: A charge's id, `ch_…` or `py_…`.
    ///   - account: The connected account the charge belongs to.
    /// - Returns: The charge's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func charge(_ id: String, account: String? = nil) async throws(StripeAPIError) -> [UInt8] {
        try await object("charge", id: id, path: ["v1", "charges"], account: account)
    }

    /// Makes Stripe e-mail the receipt of a charge.
    ///
    /// Stripe sends the e-mail when `receipt_email` is set. In test mode it sends none.
    ///
    /// - Parameters:
    ///   - id: A charge's id.
    ///   - address: The recipient; never part of an error or a log line.
    ///   - idempotencyKey: The same key for every attempt at this e-mail, so that Stripe sends one.
    ///   - account: The connected account the charge belongs to.
    /// - Returns: The JSON of the updated charge, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func emailReceipt(
        ofCharge id: String,
        to address: String,
        idempotencyKey: String,
        account: String? = nil
    ) async throws(StripeAPIError) -> [UInt8] {
        // Stripe checks the address itself. Refuse only impossible ones, and the empty one, which would
        // remove the address from the charge.
        guard (3...512).contains(address.utf8.count), address.contains("@"),
            address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { throw .invalidArgument(.emailAddress) }
        let answer = try await post(
            path: ["v1", "charges", id],
            form: [("receipt_email", address)],
            idempotencyKey: idempotencyKey,
            account: account
        )
        try answer.check(kind: "charge", id: id)
        return answer.bytes
    }
}

extension StripeListing {
    package static func charges(
        created: CreatedRange = .all,
        customer: String? = nil,
        paymentIntent: String? = nil
    ) -> StripeListing {
        StripeListing(
            "charge",
            path: ["v1", "charges"],
            filters: [Filter("customer", customer), Filter("payment_intent", paymentIntent)],
            created: created
        )
    }
}
