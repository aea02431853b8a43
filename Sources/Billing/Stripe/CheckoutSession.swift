/// What we read of a Checkout Session: a page on which a customer paid, or did not.
package struct CheckoutSession: StripeObjectProtocol {
    package static let kind = ObjectKind.checkoutSession

    package let id: String
    package let amountTotal: Int64?
    package let currency: Currency?
    package let created: Instant?
    package let mode: String?
    package let status: String?
    package let paymentStatus: String?
    package let customer: Expandable<Customer>?
    package let paymentIntent: Expandable<PaymentIntent>?
    package let invoice: Expandable<Invoice>?

    /// Whether the customer went through with it.
    ///
    /// `status` came in 2021; before, a session had a payment.
    package var isComplete: Bool { status == nil || status == "complete" }
    package var isPaid: Bool { paymentStatus == "paid" }

    package var links: [ObjectReference] {
        [paymentIntent?.reference, invoice?.reference].compactMap(\.self)
    }

    package var expanded: [StripeObject] {
        [
            paymentIntent?.object.map(StripeObject.paymentIntent),
            invoice?.object.map(StripeObject.invoice),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self)
    }

    package var progress: [Int64] {
        let status: Int64 =
            switch status {
            case "expired": 1
            case "complete": 2
            default: 0
            }
        return [status, isPaid ? 1 : 0]
    }
}

extension CheckoutSession {
    private enum CodingKeys: String, CodingKey {
        case id, currency, created, mode, status, customer, invoice
        case amountTotal = "amount_total"
        case paymentStatus = "payment_status"
        case paymentIntent = "payment_intent"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        amountTotal = try container.amount(.amountTotal)
        currency = try container.decodeIfPresent(Currency.self, forKey: .currency)
        created = try container.decodeIfPresent(Instant.self, forKey: .created)
        mode = container.lenient(.mode)
        status = container.lenient(.status)
        paymentStatus = container.lenient(.paymentStatus)
        customer = try container.reference(.customer)
        paymentIntent = try container.reference(.paymentIntent)
        invoice = try container.reference(.invoice)
    }
}
