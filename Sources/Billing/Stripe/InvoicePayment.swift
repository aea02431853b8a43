/// What we read of an InvoicePayment: since basil (2025-03-31) the only link from an invoice to its payment.
package struct InvoicePayment: StripeObjectProtocol {
    package static let kind = ObjectKind.invoicePayment

    /// What an invoice was paid with.
    package struct Payment: Codable, Sendable {
        package let type: String?
        package let paymentIntent: Expandable<PaymentIntent>?
        package let charge: Expandable<Charge>?

        private enum CodingKeys: String, CodingKey {
            case type, charge
            case paymentIntent = "payment_intent"
        }
    }

    package let id: String
    package let invoice: Expandable<Invoice>?
    package let status: String?
    package let payment: Payment?

    /// Whether the invoice was paid outside Stripe: the merchant only keeps a record of it.
    package var isOutOfBand: Bool {
        payment?.type == "payment_record" || payment?.type == "out_of_band_payment"
    }

    package var links: [ObjectReference] {
        [invoice?.reference, payment?.paymentIntent?.reference, payment?.charge?.reference].compactMap(\.self)
    }

    package var expanded: [StripeObject] {
        [
            invoice?.object.map(StripeObject.invoice),
            payment?.paymentIntent?.object.map(StripeObject.paymentIntent),
            payment?.charge?.object.map(StripeObject.charge),
        ].compactMap(\.self)
    }

    package var progress: [Int64] {
        switch status {
        case "paid": [2]
        case "canceled": [1]
        default: [0]
        }
    }
}

extension InvoicePayment {
    private enum CodingKeys: String, CodingKey { case id, invoice, status, payment }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        invoice = try container.reference(.invoice)
        status = container.lenient(.status)
        payment = try container.decodeIfPresent(Payment.self, forKey: .payment)
    }
}
