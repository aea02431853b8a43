/// What we read of a review: Radar, or a person, wants somebody to look at a payment.
///
/// Where the customer was, and with which browser, is not read. <https://docs.stripe.com/api/radar/reviews/object>
package final class Review: StripeObjectProtocol {
    package static let kind = ObjectKind.review

    package let id: String
    /// `false` where the body does not say.
    package let isOpen: Bool
    /// Why it was opened, `rule` or `manual`; while it is open `reason` says the same, also in bodies of before 2018-12.
    package let openedReason: String?
    /// Why it was closed, such as `approved` or `refunded_as_fraud`.
    package let closedReason: String?
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?

    package var links: [ObjectReference] { [charge?.reference, paymentIntent?.reference].compactMap(\.self) }

    package var expanded: [StripeObject] {
        [charge?.object.map(StripeObject.charge), paymentIntent?.object.map(StripeObject.paymentIntent)]
            .compactMap(\.self)
    }

    package var progress: [Int64] { [isOpen ? 0 : 1] }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        isOpen = json.bool("open") ?? false
        let reason = json.text("reason")
        openedReason = json.text("opened_reason") ?? (isOpen ? reason : nil)
        closedReason = json.text("closed_reason") ?? (isOpen ? nil : reason)
        charge = try json.reference("charge", rendering)
        paymentIntent = try json.reference("payment_intent", rendering)
    }

    package func write(to json: inout JSONWriter) {
        json.member("charge", charge?.id)
        json.member("closed_reason", closedReason)
        json.member("id", id)
        json.member("open", isOpen)
        json.member("opened_reason", openedReason)
        json.member("payment_intent", paymentIntent?.id)
    }
}
