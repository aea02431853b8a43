/// What we read of a dispute: a bank asking for a payment back (a chargeback), or inquiring about it.
package final class Dispute: StripeObjectProtocol {
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

    // MARK: JSON

    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.identity("id")
        amount = try json.requiredAmount("amount")
        currency = try json.requiredCurrency("currency")
        created = try json.requiredInstant("created")
        status = try json.requiredText("status")
        charge = try json.reference("charge")
        paymentIntent = try json.reference("payment_intent")
    }

    package func write(to json: inout JSONWriter) {
        json.member("amount", amount)
        json.member("charge", charge?.id)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("id", id)
        json.member("payment_intent", paymentIntent?.id)
        json.member("status", status)
    }
}
