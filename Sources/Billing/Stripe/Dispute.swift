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
    /// How many movements of money it has: none, one (withdrawn) or two (withdrawn and reinstated); `nil` where the body
    /// does not say.
    package let movements: Int64?
    /// When the bank's time for an answer ends.
    package let dueBy: Instant?

    /// Whether the money is with the cardholder now.
    ///
    /// Every body has `balance_transactions`, and it says so in every version; the status does not. A dispute can be
    /// `prevented` with or without the money, and `lost` is followed by an appeal
    /// (<https://docs.stripe.com/api/disputes/object#dispute_object-balance_transactions>).
    package var isMoneyGone: Bool { movements.map { $0 % 2 == 1 } ?? (status == "lost") }

    package var links: [ObjectReference] { [charge?.reference, paymentIntent?.reference].compactMap(\.self) }

    package var expanded: [StripeObject] {
        [charge?.object.map(StripeObject.charge), paymentIntent?.object.map(StripeObject.paymentIntent)]
            .compactMap(\.self)
    }

    package var progress: [Int64] {
        let rank: Int64 =
            switch status {
            case "warning_needs_response": 0
            case "warning_under_review": 1
            case "warning_closed": 2
            case "needs_response": 3
            case "prevented", "charge_refunded": 5
            case "lost": 6
            case "appeal_needs_response": 7
            case "appeal_under_review": 8
            case "won": 9
            default: 4
            }
        return [rank, movements ?? 0]
    }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        amount = try json.requiredAmount("amount")
        currency = try json.requiredCurrency("currency")
        created = try json.requiredInstant("created")
        status = try json.requiredText("status")
        charge = try json.reference("charge", rendering)
        paymentIntent = try json.reference("payment_intent", rendering)
        if rendering.isStored {
            movements = try json.amount("movements")
            dueBy = try json.instant("due_by")
        } else {
            movements = json["balance_transactions"]?.elements.map { Int64($0.count) }
            dueBy = json["evidence_details"]?["due_by"]?.integer.map(Instant.init(unixSeconds:))
        }
    }

    package func write(to json: inout JSONWriter) {
        json.member("amount", amount)
        json.member("charge", charge?.id)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("due_by", dueBy?.unixSeconds)
        json.member("id", id)
        json.member("movements", movements)
        json.member("payment_intent", paymentIntent?.id)
        json.member("status", status)
    }
}
