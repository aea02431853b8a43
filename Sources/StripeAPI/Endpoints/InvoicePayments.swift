/// `GET /v1/invoice_payments` and `GET /v1/invoice_payments/:id`
extension StripeClient {
    /// The invoice payment as Stripe has it now.
    ///
    /// - Parameters:
    ///   - id: An invoice payment's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The invoice payment's JSON, byte for byte.
    /// - Throws: Anything but a success about this very object.
    package func invoicePayment(
        _ id: String,
        account: String? = nil
    ) async throws(StripeAPIError) -> [UInt8] {
        try await object("invoice_payment", id: id, path: ["v1", "invoice_payments"], account: account)
    }
}

extension StripeListing {
    /// What paid an invoice; since 2025-03-31 the invoice itself does not say.
    package static func invoicePayments(ofInvoice invoice: String) -> StripeListing {
        StripeListing(
            "invoice_payment",
            path: ["v1", "invoice_payments"],
            filters: [Filter("invoice", invoice)]
        )
    }

    package static func invoicePayments(created: CreatedRange) -> StripeListing {
        StripeListing("invoice_payment", path: ["v1", "invoice_payments"], created: created)
    }
}
