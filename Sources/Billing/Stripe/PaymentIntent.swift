package import JSON

/// The fields that we read of a PaymentIntent: one payment with any number of attempts.
package final class PaymentIntent: StripeObjectProtocol {
    package static let kind = ObjectKind.paymentIntent

    /// Stripe's states; the list is open, so an unknown state is kept as text and counts as processing.
    package enum Status: String, Sendable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresConfirmation = "requires_confirmation"
        case requiresAction = "requires_action"
        case processing
        case requiresCapture = "requires_capture"
        case canceled
        case succeeded
    }

    package let id: String
    package let amount: Int64
    package let amountReceived: Int64?
    package let currency: Currency
    package let created: Instant
    package let livemode: Bool?
    let statusText: String
    package let customer: Expandable<Customer>?
    package let invoice: Expandable<Invoice>?
    package let latestCharge: Expandable<Charge>?
    /// Sent by API versions before 2022-11-15, instead of `latest_charge`.
    package let charges: [Charge]
    let lastPaymentError: PaymentError?
    package let paymentMethod: PaymentMethodDetails?
    package let description: String?
    /// The amount on the customer's statement, if that is in another currency.
    package let presentment: Presentment?
    /// The action that the customer must take before the payment continues.
    package let nextAction: NextAction?
    /// Whether the payment only checks a card, and is not a purchase.
    let isCardValidation: Bool
    /// The time of `payment_intent.succeeded`, for a payment that was captured in part.
    ///
    /// Only the time of the capture distinguishes the Refund of the remainder from a later one of the same
    /// amount.
    let toldSucceeded: Instant?

    package var stated: VersionedFields {
        var stated: VersionedFields = []
        if presentment != nil { stated.insert(.intentPresentment) }
        if toldSucceeded != nil { stated.insert(.intentSucceeded) }
        return stated
    }

    package var status: Status? {
        // A name from before API version 2019-02-11, and one that https://github.com/stripe/openapi had in
        // 2019-03.
        switch statusText {
        case "requires_source": .requiresPaymentMethod
        case "requires_source_action", "requires_authorization": .requiresAction
        default: Status(rawValue: statusText)
        }
    }

    /// Whether the last attempt was declined and the customer has not tried again.
    var hasFailed: Bool { status == .requiresPaymentMethod && lastPaymentError != nil }

    package var links: [ObjectReference] {
        [
            invoice?.reference, latestCharge?.reference,
            lastPaymentError?.charge.map { ObjectReference(.charge, $0) },
        ].compactMap(\.self) + charges.map(\.reference)
    }

    package var expanded: [StripeObject] {
        [
            invoice?.object.map(StripeObject.invoice),
            latestCharge?.object.map(StripeObject.charge),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self) + charges.map(StripeObject.charge)
    }

    package var isFinal: Bool { status == .succeeded || status == .canceled }

    package var progress: [Int64] {
        let rank: Int64 =
            switch status {
            case .requiresPaymentMethod: hasFailed ? 4 : 0
            case .requiresConfirmation: 1
            case .requiresAction: 2
            case .processing, nil: 3
            case .requiresCapture: 5
            case .canceled: 6
            case .succeeded: 7
            }
        return [rank, amountReceived ?? 0, latestCharge == nil ? 0 : 1]
    }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        amount = try json.requiredAmount("amount")
        amountReceived = try json.amount("amount_received")
        currency = try json.requiredCurrency("currency")
        created = try json.requiredInstant("created")
        livemode = json.bool("livemode")
        statusText = try json.requiredString("status")
        customer = try json.reference("customer", rendering)
        invoice = try json.reference("invoice", rendering)
        charges = try json.list("charges", rendering) ?? []
        // The list is newest first.
        latestCharge = try json.reference("latest_charge", rendering) ?? charges.first.map { .id($0.id) }
        lastPaymentError = json["last_payment_error"].flatMap(PaymentError.init)
        // An id unless it was expanded; the expanded object has the form of the details.
        paymentMethod = json["payment_method"].flatMap(PaymentMethodDetails.init(_:))
        description = json.text("description")
        presentment = try Presentment(json["presentment_details"])
        // Named `next_source_action` before API version 2019-02-11.
        nextAction = (json["next_action"] ?? json["next_source_action"]).flatMap(NextAction.init)
        isCardValidation = json.isCardValidation(rendering)
        let isWhole = amountReceived == amount
        toldSucceeded =
            rendering.isStored
            ? try json.instant("told_succeeded")
            : isWhole
                ? rendering.time(ofEvent: "payment_intent.succeeded", wellAfter: created)
                : rendering.time(ofEvent: "payment_intent.succeeded")
    }

    /// Writes the fields that the initializer reads.
    ///
    /// The charges are stored as snapshots of their own.
    package func write(to json: inout JSONWriter) {
        json.member("amount", amount)
        json.member("amount_received", amountReceived)
        json.member("card_validation", isCardValidation ? true : nil)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("customer", customer?.id)
        json.member("description", description)
        json.member("id", id)
        json.member("invoice", invoice?.id)
        if let lastPaymentError { json.object("last_payment_error") { lastPaymentError.write(to: &$0) } }
        json.member("latest_charge", latestCharge?.id)
        json.member("livemode", livemode)
        if let nextAction { json.object("next_action") { nextAction.write(to: &$0) } }
        if let paymentMethod { json.object("payment_method") { paymentMethod.write(to: &$0) } }
        if let presentment { json.object("presentment_details") { presentment.write(to: &$0) } }
        json.member("status", statusText)
        json.member("told_succeeded", toldSucceeded?.unixSeconds)
    }
}

/// Why the last attempt of a payment failed: `last_payment_error`.
package struct PaymentError: Sendable {
    package let code: String?
    package let declineCode: String?
    package let message: String?
    /// The charge of the failed attempt, if there was one.
    package let charge: String?
    package let paymentMethod: PaymentMethodDetails?

    init?(_ json: JSONValue) {
        guard json.isObject else { return nil }
        code = json.text("code")
        declineCode = json.text("decline_code")
        message = json.text("message")
        charge = json.string("charge").flatMap { StripeID.isValid($0) ? $0 : nil }
        paymentMethod =
            json["payment_method"].flatMap(PaymentMethodDetails.init(_:))
            ?? json["source"].flatMap(PaymentMethodDetails.init(source:))
    }

    func write(to json: inout JSONWriter) {
        json.member("charge", charge)
        json.member("code", code)
        json.member("decline_code", declineCode)
        json.member("message", message)
        if let paymentMethod { json.object("payment_method") { paymentMethod.write(to: &$0) } }
    }
}
