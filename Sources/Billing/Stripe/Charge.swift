package import JSON

/// The fields that we read of a charge: one attempt to move money.
package final class Charge: StripeObjectProtocol {
    package static let kind = ObjectKind.charge

    package enum Status: String, Sendable { case pending, failed, succeeded }

    package let id: String
    package let amount: Int64
    /// Absent before API version 2020-08-27.
    package let amountCaptured: Int64?
    /// Stripe's running total, which includes the uncaptured remainder of a partial capture.
    package let amountRefunded: Int64
    package let currency: Currency
    package let created: Instant
    package let livemode: Bool?
    let statusText: String?
    package let paid: Bool?
    package let captured: Bool?
    package let refunded: Bool?
    let disputedFlag: Bool?
    /// Set only in old API versions; newer ones have `disputed`.
    package let dispute: Expandable<Dispute>?
    package let customer: Expandable<Customer>?
    package let paymentIntent: Expandable<PaymentIntent>?
    package let invoice: Expandable<Invoice>?
    package let paymentMethodDetails: PaymentMethodDetails?
    let hasBalanceTransaction: Bool
    let failureCode: String?
    let failureMessage: String?
    let receiptNumber: String?
    /// Only in the event that showed the charge: Stripe generates another link each time.
    package let receiptURL: String?
    package let description: String?
    package let refunds: [Refund]
    /// The amount on the customer's statement, if that is in another currency.
    package let presentment: Presentment?
    /// Whether the charge only checked a card, and is not a purchase.
    let isCardValidation: Bool
    /// The time of `charge.captured`, and the refunded amount at that time.
    let toldCaptured: (at: Instant, refunded: Int64)?
    /// The time of `charge.expired`.
    ///
    /// Since basil no field of the charge shows that it expired.
    let toldExpired: Instant?
    /// The time of `charge.failed`.
    let toldFailed: Instant?
    /// The time of `charge.succeeded`, if it came long after the attempt, as for a bank debit.
    let toldSucceeded: Instant?

    /// The state; charges of 2017 and before have none, so it is derived from other fields.
    package var status: Status {
        if let statusText, let status = Status(rawValue: statusText) { return status }
        if failureCode != nil { return .failed }
        if paid == true { return .succeeded }
        // An unknown state counts as pending.
        return statusText == nil && paid == false ? .failed : .pending
    }

    /// Whether the money was captured, not only authorised.
    package var isCaptured: Bool { captured ?? (status == .succeeded) }
    package var isPaid: Bool { status == .succeeded && isCaptured }
    package var isAuthorisedOnly: Bool { status == .succeeded && !isCaptured }
    package var isDisputed: Bool { disputedFlag ?? (dispute != nil) }

    /// The captured amount, if the charge shows it.
    ///
    /// Bodies before 2020-09 lack `amount_captured`. The refunded amount at the time of the capture is then
    /// the uncaptured remainder.
    var capturedAmount: Int64? {
        if let amountCaptured, amountCaptured > 0 { return amountCaptured }
        guard amountCaptured == nil, let refunded = toldCaptured?.refunded, refunded < amount else {
            return nil
        }
        return amount.subtractingClamped(refunded)
    }

    /// Whether an authorisation was released, by a cancellation or by Stripe after it expired.
    var isLapsed: Bool {
        isAuthorisedOnly
            && (toldExpired != nil || refunded == true || amountRefunded >= amount && amount > 0)
    }

    /// When the attempt failed: the time of its event, else of its creation, because a card fails at once.
    var failedAt: Instant { toldFailed ?? created }

    package var stated: VersionedFields {
        var stated: VersionedFields = []
        if presentment != nil { stated.insert(.chargePresentment) }
        if toldCaptured != nil { stated.insert(.chargeCaptured) }
        if toldExpired != nil { stated.insert(.chargeExpired) }
        if toldFailed != nil { stated.insert(.chargeFailed) }
        if toldSucceeded != nil { stated.insert(.chargeSucceeded) }
        return stated
    }

    package var links: [ObjectReference] {
        [paymentIntent?.reference, invoice?.reference, dispute?.reference].compactMap(\.self)
            + refunds.map(\.reference)
    }

    package var expanded: [StripeObject] {
        [
            paymentIntent?.object.map(StripeObject.paymentIntent),
            invoice?.object.map(StripeObject.invoice),
            dispute?.object.map(StripeObject.dispute),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self) + refunds.map(StripeObject.refund)
    }

    package var progress: [Int64] {
        let rank: Int64 =
            switch status {
            case .pending: 0
            case .failed: 1
            case .succeeded: 2
            }
        return [
            rank, isCaptured ? 1 : 0, amountCaptured ?? 0, amountRefunded, isDisputed ? 1 : 0,
            hasBalanceTransaction ? 1 : 0,
        ]
    }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        amount = try json.requiredAmount("amount")
        amountCaptured = try json.amount("amount_captured")
        amountRefunded = try json.amount("amount_refunded") ?? 0
        currency = try json.requiredCurrency("currency")
        created = try json.requiredInstant("created")
        livemode = json.bool("livemode")
        statusText = json.string("status")
        paid = json.bool("paid")
        captured = json.bool("captured")
        refunded = json.bool("refunded")
        disputedFlag = json.bool("disputed")
        dispute = try json.reference("dispute", rendering)
        customer = try json.reference("customer", rendering)
        paymentIntent = try json.reference("payment_intent", rendering)
        invoice = try json.reference("invoice", rendering)
        paymentMethodDetails =
            json["payment_method_details"].flatMap(PaymentMethodDetails.init(_:))
            ?? (json["source"] ?? json["card"]).flatMap(PaymentMethodDetails.init(source:))
        hasBalanceTransaction = json["balance_transaction"] != nil
        failureCode = json.text("failure_code")
        failureMessage = json.text("failure_message")
        receiptNumber = json.text("receipt_number")
        receiptURL = json.text("receipt_url")
        description = json.text("description")
        refunds = try json.list("refunds", rendering) ?? []
        presentment = try Presentment(json["presentment_details"])
        isCardValidation = json.isCardValidation(rendering)
        if rendering.isStored {
            toldCaptured = try json["told_captured"].map { told throws(JSONFieldError) in
                (at: try told.requiredInstant("at"), refunded: try told.requiredAmount("refunded"))
            }
            toldExpired = try json.instant("told_expired")
            toldFailed = try json.instant("told_failed")
            toldSucceeded = try json.instant("told_succeeded")
        } else {
            let refunded = amountRefunded
            toldCaptured = rendering.time(ofEvent: "charge.captured").map { (at: $0, refunded: refunded) }
            toldExpired = rendering.time(ofEvent: "charge.expired")
            toldFailed = rendering.time(ofEvent: "charge.failed")
            toldSucceeded = rendering.time(ofEvent: "charge.succeeded", wellAfter: created)
        }
    }

    /// Writes the fields that the initializer reads, but for the link to the receipt.
    ///
    /// The refunds are stored as snapshots of their own.
    package func write(to json: inout JSONWriter) {
        json.member("amount", amount)
        json.member("amount_captured", amountCaptured)
        json.member("amount_refunded", amountRefunded)
        json.member("balance_transaction", hasBalanceTransaction ? true : nil)
        json.member("captured", captured)
        json.member("card_validation", isCardValidation ? true : nil)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("customer", customer?.id)
        json.member("description", description)
        json.member("dispute", dispute?.id)
        json.member("disputed", disputedFlag)
        json.member("failure_code", failureCode)
        json.member("failure_message", failureMessage)
        json.member("id", id)
        json.member("invoice", invoice?.id)
        json.member("livemode", livemode)
        json.member("paid", paid)
        json.member("payment_intent", paymentIntent?.id)
        if let paymentMethodDetails {
            json.object("payment_method_details") { paymentMethodDetails.write(to: &$0) }
        }
        if let presentment { json.object("presentment_details") { presentment.write(to: &$0) } }
        json.member("receipt_number", receiptNumber)
        json.member("refunded", refunded)
        json.member("status", statusText)
        if let toldCaptured {
            json.object("told_captured") { json in
                json.member("at", toldCaptured.at.unixSeconds)
                json.member("refunded", toldCaptured.refunded)
            }
        }
        json.member("told_expired", toldExpired?.unixSeconds)
        json.member("told_failed", toldFailed?.unixSeconds)
        json.member("told_succeeded", toldSucceeded?.unixSeconds)
    }
}
