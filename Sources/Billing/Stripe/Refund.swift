/// The fields that we read of a refund: money on its way back, which may still fail to arrive.
package final class Refund: StripeObjectProtocol {
    package static let kind = ObjectKind.refund

    package let id: String
    package let amount: Int64
    package let currency: Currency
    package let created: Instant
    let statusText: String?
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?
    /// Sent since API version 2026-07-29.dahlia; before, the charge names the customer.
    package let customer: Expandable<Customer>?
    package let reason: String?
    package let failureReason: String?
    let receiptNumber: String?
    package let description: String?
    /// Why the refund is pending, such as `insufficient_funds`.
    package let pendingReason: String?
    /// The number with which the customer's bank finds the money: an ARN or a trace number.
    let bankReference: String?
    package let presentment: Presentment?

    package var stated: VersionedFields {
        var stated: VersionedFields = []
        if customer != nil { stated.insert(.refundCustomer) }
        if pendingReason != nil { stated.insert(.refundPendingReason) }
        if bankReference != nil { stated.insert(.refundBankReference) }
        return stated
    }

    /// Stripe's status.
    ///
    /// Refunds of old API versions have none: they succeeded at once or did not exist. Bodies of 2017 have
    /// the spelling `cancelled` (<https://github.com/stripe/openapi>, its first versions).
    package var status: String { statusText == "cancelled" ? "canceled" : statusText ?? "succeeded" }

    package var isFinal: Bool { status == "failed" || status == "canceled" }

    /// Whether the money was returned, or is on its way.
    package var counts: Bool { !isFinal }

    /// Whether Stripe only released an authorisation, so that no money moved.
    var isLapsedAuthorisation: Bool { reason == "expired_uncaptured_charge" }

    package var links: [ObjectReference] { [charge?.reference, paymentIntent?.reference].compactMap(\.self) }

    package var expanded: [StripeObject] {
        [
            charge?.object.map(StripeObject.charge),
            paymentIntent?.object.map(StripeObject.paymentIntent),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self)
    }

    package var progress: [Int64] {
        let rank: Int64 =
            switch status {
            case "requires_action": 0
            case "pending": 1
            case "succeeded": 2
            case "canceled": 3
            case "failed": 4
            default: 1
            }
        return [rank, bankReference == nil ? 0 : 1]
    }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        amount = try json.requiredAmount("amount")
        currency = try json.requiredCurrency("currency")
        created = try json.requiredInstant("created")
        statusText = json.text("status")
        charge = try json.reference("charge", rendering)
        paymentIntent = try json.reference("payment_intent", rendering)
        customer = try json.reference("customer", rendering)
        reason = json.text("reason")
        failureReason = json.text("failure_reason")
        receiptNumber = json.text("receipt_number")
        description = json.text("description")
        pendingReason = json.text("pending_reason")
        presentment = try Presentment(json["presentment_details"])
        if rendering.isStored {
            bankReference = json.text("bank_reference")
        } else {
            let destination = json["destination_details"]
            let told = destination?.string("type").flatMap { destination?[named: $0] }
            // The number is not the bank's until its status is `available`.
            let isThere = told?.text("reference_status").map { $0 == "available" } ?? true
            bankReference = isThere ? told?.text("reference") : nil
        }
    }

    package func write(to json: inout JSONWriter) {
        json.member("amount", amount)
        json.member("bank_reference", bankReference)
        json.member("charge", charge?.id)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("customer", customer?.id)
        json.member("description", description)
        json.member("failure_reason", failureReason)
        json.member("id", id)
        json.member("payment_intent", paymentIntent?.id)
        json.member("pending_reason", pendingReason)
        if let presentment { json.object("presentment_details") { presentment.write(to: &$0) } }
        json.member("reason", reason)
        json.member("receipt_number", receiptNumber)
        json.member("status", statusText)
    }
}
