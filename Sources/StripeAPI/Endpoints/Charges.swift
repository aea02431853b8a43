/// `GET /v1/charges`, `GET /v1/charges/:id` and `POST /v1/charges/:id`
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

    /// Has Stripe e-mail the receipt of a charge.
    ///
    /// Stripe does so when `receipt_email` is set. In test mode it sends nothing.
    ///
    /// - Parameters:
    ///   - id: A charge's id.
    ///   - address: Whom to; it is in no error and no log.
    ///   - idempotencyKey: The same for every attempt at this one e-mail; Stripe then sends one.
    ///   - account: The connected account the charge belongs to.
    /// - Returns: The charge's JSON as it is now, byte for byte.
    /// - Throws: Anything but a success about this very object.
    package func emailReceipt(
        ofCharge id: String,
        to address: String,
        idempotencyKey: String,
        account: String? = nil
    ) async throws(StripeAPIError) -> [UInt8] {
        // Whether it is one is Stripe's to say. This keeps out what none can be, and an empty one, which would take
        // the address off the charge.
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
