package import JSON

/// The fields that we read of a review: Radar or the merchant has marked a payment for a manual check.
///
/// The customer's location and browser are not read. <https://docs.stripe.com/api/radar/reviews/object>
package final class Review: StripeObjectProtocol {
    package static let kind = ObjectKind.review

    package let id: String
    /// `false` if the body does not say.
    package let isOpen: Bool
    /// Why the review was opened, `rule` or `manual`.
    ///
    /// While it is open, `reason` has the same value, also in bodies before 2018-12.
    package let openedReason: String?
    /// Why the review was closed, such as `approved` or `refunded_as_fraud`.
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
