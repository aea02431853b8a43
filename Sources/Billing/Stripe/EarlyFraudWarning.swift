package import JSON

/// The fields that we read of an early fraud warning: the card's issuer suspects fraud, before there is a
/// dispute.
///
/// <https://docs.stripe.com/api/radar/early_fraud_warnings/object>
package final class EarlyFraudWarning: StripeObjectProtocol {
    package static let kind = ObjectKind.earlyFraudWarning

    package let id: String
    /// Whether the payment is neither disputed nor fully refunded; `false` if the body does not say.
    package let isActionable: Bool
    /// The issuer's term, such as `made_with_stolen_card`.
    package let fraudType: String?
    package let charge: Expandable<Charge>?
    /// Missing in bodies before 2021-05.
    package let paymentIntent: Expandable<PaymentIntent>?

    package var links: [ObjectReference] { [charge?.reference, paymentIntent?.reference].compactMap(\.self) }

    package var expanded: [StripeObject] {
        [charge?.object.map(StripeObject.charge), paymentIntent?.object.map(StripeObject.paymentIntent)]
            .compactMap(\.self)
    }

    package var progress: [Int64] { [isActionable ? 0 : 1] }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        isActionable = json.bool("actionable") ?? false
        fraudType = json.text("fraud_type")
        charge = try json.reference("charge", rendering)
        paymentIntent = try json.reference("payment_intent", rendering)
    }

    package func write(to json: inout JSONWriter) {
        json.member("actionable", isActionable)
        json.member("charge", charge?.id)
        json.member("fraud_type", fraudType)
        json.member("id", id)
        json.member("payment_intent", paymentIntent?.id)
    }
}
