/// What we read of a dispute: a bank asking for a payment back (a chargeback), or inquiring about it.
package struct Dispute: StripeObjectProtocol {
    package static let kind = ObjectKind.dispute

    package let id: String
    package let amount: Int64
    package let currency: Currency
    package let created: Instant
    package let status: String
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?

    package var links: [ObjectReference] { [charge?.reference, paymentIntent?.reference].compactMap(\.self) }

    package var expanded: [StripeObject] {
        [charge?.object.map(StripeObject.charge), paymentIntent?.object.map(StripeObject.paymentIntent)]
            .compactMap(\.self)
    }

    package var progress: [Int64] {
        switch status {
        case "warning_needs_response": [0]
        case "warning_under_review": [1]
        case "warning_closed": [2]
        case "needs_response": [3]
        case "under_review": [4]
        case "prevented": [5]
        case "lost": [6]
        case "won": [7]
        default: [4]
        }
    }
}

extension Dispute {
    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, created, status, charge
        case paymentIntent = "payment_intent"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        amount = try container.requiredAmount(.amount)
        currency = try container.decode(Currency.self, forKey: .currency)
        created = try container.decode(Instant.self, forKey: .created)
        status = try container.decode(String.self, forKey: .status)
        charge = try container.reference(.charge)
        paymentIntent = try container.reference(.paymentIntent)
    }
}
