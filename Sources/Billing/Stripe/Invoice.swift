/// What we read of an invoice.
///
/// It makes a row only when it was paid outside Stripe; otherwise its payment does.
package struct Invoice: StripeObjectProtocol {
    package static let kind = ObjectKind.invoice

    package let id: String
    package let amountPaid: Int64
    package let currency: Currency
    package let created: Instant
    package let statusText: String?
    package let paid: Bool?
    package let paidOutOfBand: Bool?
    package let number: String?
    package let receiptNumber: String?
    package let description: String?
    package let customer: Expandable<Customer>?
    /// Sent by API versions before 2025-03-31 (basil).
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?
    /// Sent since basil, and only where somebody asked to expand it.
    package let payments: EmbeddedList<InvoicePayment>?

    package var isPaid: Bool { statusText == "paid" || paid == true }

    package var links: [ObjectReference] {
        [charge?.reference, paymentIntent?.reference].compactMap(\.self)
            + (payments?.data ?? []).flatMap { [$0.reference] + $0.links }
    }

    package var expanded: [StripeObject] {
        [
            charge?.object.map(StripeObject.charge),
            paymentIntent?.object.map(StripeObject.paymentIntent),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self) + (payments?.data ?? []).map(StripeObject.invoicePayment)
    }

    package var progress: [Int64] {
        let rank: Int64 =
            switch statusText {
            case "draft": 0
            case "uncollectible": 2
            case "void": 3
            case "paid": 4
            default: paid == true ? 4 : 1
            }
        return [rank, amountPaid]
    }
}

extension Invoice {
    private enum CodingKeys: String, CodingKey {
        case id, currency, created, date, paid, number, description, customer, charge, payments
        case amountPaid = "amount_paid"
        case statusText = "status"
        case paidOutOfBand = "paid_out_of_band"
        case receiptNumber = "receipt_number"
        case paymentIntent = "payment_intent"
        case amountDue = "amount_due"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        currency = try container.decode(Currency.self, forKey: .currency)
        // Called `date` before API version 2019-03-14.
        created =
            try container.decodeIfPresent(Instant.self, forKey: .created)
            ?? container.decode(Instant.self, forKey: .date)
        statusText = container.lenient(.statusText)
        paid = container.lenient(.paid)
        paidOutOfBand = container.lenient(.paidOutOfBand)
        // `amount_paid` is younger than `paid`: what was due on a paid invoice is what was paid.
        let due = try container.amount(.amountDue)
        amountPaid = try container.amount(.amountPaid) ?? (paid == true ? due : nil) ?? 0
        number = container.text(.number)
        receiptNumber = container.text(.receiptNumber)
        description = container.text(.description)
        customer = try container.reference(.customer)
        charge = try container.reference(.charge)
        paymentIntent = try container.reference(.paymentIntent)
        payments = try container.decodeIfPresent(EmbeddedList<InvoicePayment>.self, forKey: .payments)
    }

    /// Writes what is read again.
    ///
    /// The payments inside are snapshots of their own and not repeated.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(currency, forKey: .currency)
        try container.encode(created, forKey: .created)
        try container.encodeIfPresent(statusText, forKey: .statusText)
        try container.encodeIfPresent(paid, forKey: .paid)
        try container.encodeIfPresent(paidOutOfBand, forKey: .paidOutOfBand)
        try container.encode(amountPaid, forKey: .amountPaid)
        try container.encodeIfPresent(number, forKey: .number)
        try container.encodeIfPresent(receiptNumber, forKey: .receiptNumber)
        try container.encodeIfPresent(description, forKey: .description)
        try container.encodeIfPresent(customer, forKey: .customer)
        try container.encodeIfPresent(charge, forKey: .charge)
        try container.encodeIfPresent(paymentIntent, forKey: .paymentIntent)
    }
}
