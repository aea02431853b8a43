/// `GET /v1/invoice_payments` and `GET /v1/invoice_payments/:id`
extension StripeClient {
    /// Retrieves the invoice payment in its current state.
    ///
    /// - Parameters:
    ///   - id: An invoice payment's id.
    ///   - account: The connected account it belongs to.
    /// - Returns: The invoice payment's JSON, byte for byte.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func invoicePayment(
        _ id: String,
        account: String? = nil
    ) async throws(StripeAPIError) -> [UInt8] {
        try await object("invoice_payment", id: id, path: ["v1", "invoice_payments"], account: account)
    }
}

extension LeastVersion {
    static let invoicePayments = LeastVersion(
        "GET /v1/invoice_payments",
        "2025-03-31.basil",
        source:
            "https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices"
    )
    /// In earlier versions, an invoice's payments lack a payment outside Stripe.
    static let invoicePaymentRecords = LeastVersion(
        "GET /v1/invoice_payments with payment records",
        "2025-10-29.clover",
        source: "https://docs.stripe.com/changelog/clover/2025-10-29/invoicing-payment-records"
    )
    /// Backfill and reconciliation list invoice payments by creation time.
    static let invoicePaymentsByTime = LeastVersion(
        "GET /v1/invoice_payments?created",
        "2025-11-17.clover",
        source: "https://docs.stripe.com/changelog/clover/2025-11-17/invoice-payments-list-created"
    )
}

extension StripeListing {
    /// The payments of an invoice.
    ///
    /// Since version 2025-03-31 the invoice itself does not name them.
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
