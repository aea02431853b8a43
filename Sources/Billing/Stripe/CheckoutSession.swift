/// The fields that we read of a Checkout Session: a page on which a customer pays.
package final class CheckoutSession: StripeObjectProtocol {
    package static let kind = ObjectKind.checkoutSession

    package let id: String
    let amountTotal: Int64?
    package let currency: Currency?
    package let created: Instant?
    package let mode: String?
    package let status: String?
    let paymentStatus: String?
    package let customer: Expandable<Customer>?
    package let paymentIntent: Expandable<PaymentIntent>?
    package let invoice: Expandable<Invoice>?
    package let presentment: Presentment?
    /// The time of `checkout.session.async_payment_failed`.
    ///
    /// The session itself is still `complete` and `unpaid`.
    let toldFailed: Instant?

    package var stated: VersionedFields {
        var stated: VersionedFields = []
        if presentment != nil { stated.insert(.sessionPresentment) }
        if toldFailed != nil { stated.insert(.sessionFailed) }
        return stated
    }

    /// Whether the customer completed the session.
    ///
    /// `status` exists since 2021-11. Before that, a session in an event had a payment, unless it had
    /// expired.
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

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        amountTotal = try json.amount("amount_total")
        currency = try json.currency("currency")
        created = try json.instant("created")
        mode = json.string("mode")
        // The event exists since 2021-09, `status` since two months later
        // (https://github.com/stripe/openapi).
        let isToldExpired = rendering.time(ofEvent: "checkout.session.expired") != nil
        status = json.string("status") ?? (isToldExpired ? "expired" : nil)
        paymentStatus = json.string("payment_status")
        customer = try json.reference("customer", rendering)
        paymentIntent = try json.reference("payment_intent", rendering)
        invoice = try json.reference("invoice", rendering)
        presentment = try Presentment(json["presentment_details"])
        toldFailed =
            rendering.isStored
            ? try json.instant("told_failed")
            : rendering.time(ofEvent: "checkout.session.async_payment_failed")
    }

    package func write(to json: inout JSONWriter) {
        json.member("amount_total", amountTotal)
        json.member("created", created?.unixSeconds)
        json.member("currency", currency?.code)
        json.member("customer", customer?.id)
        json.member("id", id)
        json.member("invoice", invoice?.id)
        json.member("mode", mode)
        json.member("payment_intent", paymentIntent?.id)
        json.member("payment_status", paymentStatus)
        if let presentment { json.object("presentment_details") { presentment.write(to: &$0) } }
        json.member("status", status)
        json.member("told_failed", toldFailed?.unixSeconds)
    }
}
