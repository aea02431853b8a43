/// What we read of a refund: money on its way back, which may yet fail to arrive.
package struct Refund: StripeObjectProtocol {
    package static let kind = ObjectKind.refund

    package let id: String
    package let amount: Int64
    package let currency: Currency
    package let created: Instant
    package let statusText: String?
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?
    /// Sent from the dahlia API versions (2026-03-25) on; before, the charge says whose refund it is.
    package let customer: Expandable<Customer>?
    package let reason: String?
    package let failureReason: String?
    package let receiptNumber: String?
    package let description: String?

    /// Stripe's status.
    ///
    /// Refunds of old API versions have none: they succeeded at once or did not exist.
    package var status: String { statusText ?? "succeeded" }

    package var isFinal: Bool { status == "failed" || status == "canceled" }

    /// Whether the money went back, or is on its way.
    package var counts: Bool { !isFinal }

    /// Whether Stripe only let an authorisation lapse, so that no money moved either way.
    package var isLapsedAuthorisation: Bool { reason == "expired_uncaptured_charge" }

    package var links: [ObjectReference] { [charge?.reference, paymentIntent?.reference].compactMap(\.self) }

    package var expanded: [StripeObject] {
        [
            charge?.object.map(StripeObject.charge),
            paymentIntent?.object.map(StripeObject.paymentIntent),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self)
    }

    package var progress: [Int64] {
        switch status {
        case "requires_action": [0]
        case "pending": [1]
        case "succeeded": [2]
        case "canceled": [3]
        case "failed": [4]
        default: [1]
        }
    }
}

extension Refund {
    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, created, charge, customer, reason, description
        case statusText = "status"
        case paymentIntent = "payment_intent"
        case failureReason = "failure_reason"
        case receiptNumber = "receipt_number"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        amount = try container.requiredAmount(.amount)
        currency = try container.decode(Currency.self, forKey: .currency)
        created = try container.decode(Instant.self, forKey: .created)
        statusText = container.lenient(.statusText)
        charge = try container.reference(.charge)
        paymentIntent = try container.reference(.paymentIntent)
        customer = try container.reference(.customer)
        reason = container.text(.reason)
        failureReason = container.text(.failureReason)
        receiptNumber = container.text(.receiptNumber)
        description = container.text(.description)
    }
}
