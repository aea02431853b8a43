package import JSON

/// The fields that we read of a dispute: a bank claims a payment back (a chargeback), or inquires about it.
package final class Dispute: StripeObjectProtocol {
    package static let kind = ObjectKind.dispute

    package let id: String
    package let amount: Int64
    package let currency: Currency
    package let created: Instant
    package let status: String
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?
    /// The number of balance transactions: none, one (withdrawn) or two (withdrawn and reinstated); `nil` if
    /// the body does not list them.
    let movements: Int64?
    /// The part of the amount that the cardholder has now; `nil` if the body does not show it.
    let statedGone: Int64?
    /// The bank's deadline for an answer.
    package let dueBy: Instant?
    /// How often the merchant has answered, normally at most once; `nil` if the body does not show it.
    package let submissions: Int64?

    /// The part of the amount that the cardholder has now.
    ///
    /// Every body has `balance_transactions`, which show this in every API version. The status does not show
    /// it: a dispute can be `prevented` with or without the money, and an appeal can follow `lost`
    /// (<https://docs.stripe.com/api/disputes/object#dispute_object-balance_transactions>).
    package var amountGone: Int64 { statedGone ?? (status == "lost" ? amount : 0) }

    /// The part of the amount that the cardholder has after these movements.
    ///
    /// The movements are in the currency of the merchant's balance, each at the rate of its day, so they show
    /// only a share of the amount. After a lost dispute, the part that was refunded before may be returned
    /// (<https://support.stripe.com/questions/dispute-for-full-charge-amount-after-a-partial-refund-was-issued>).
    /// In all other cases the whole amount is returned, even if the rate has changed.
    private static func gone(
        _ movements: [JSONValue],
        of amount: Int64,
        status: String
    ) throws(JSONFieldError) -> Int64 {
        var values: [Int64] = []
        for movement in movements {
            values.append(try movement.signedAmount("amount") ?? amount.negatedClamped)
        }
        let net = values.reduce(Int64(0)) { $0.addingClamped($1) }
        guard let taken = values.filter({ $0 < 0 }).max(by: { $0.magnitude < $1.magnitude }), net < 0 else {
            return 0
        }
        if status != "lost", values.contains(where: { $0 > 0 }), values.count.isMultiple(of: 2) { return 0 }
        let share = min(1, Double(net.magnitude) / Double(taken.magnitude))
        return share == 1 ? amount : min(amount, Int64(clamping: (Double(amount) * share).rounded()))
    }

    /// Whether the bank only inquires, and has taken no money.
    package var isInquiry: Bool { status.hasPrefix("warning_") }

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
        return [rank, movements ?? 0, submissions ?? 0]
    }

    /// The merchant's deadline for an answer.
    ///
    /// The status shows whether the merchant must answer. `evidence_details.due_by` is 0 or null if the bank
    /// accepts no answer, and `submission_count` counts the answers, normally one. The other fields do not
    /// help: `has_evidence` means only that evidence is staged, and `past_due` that it was submitted too late
    /// (<https://docs.stripe.com/api/disputes/object#dispute_object-evidence_details>). An appeal needs its
    /// own answer, after the first one (<https://docs.stripe.com/disputes/arbitration>), so answers before it
    /// do not count. Answers to an inquiry that became this dispute do not count either; Stripe does not
    /// document whether the count continues.
    ///
    /// - Parameters:
    ///   - now: The current time; an earlier deadline has passed.
    ///   - inquiryAnswers: How often the merchant answered the inquiry.
    /// - Returns: `nil` if no answer is needed.
    package func answerDue(at now: Instant, inquiryAnswers: Int64 = 0) -> Instant? {
        guard let dueBy, dueBy.unixSeconds > 0, dueBy > now else { return nil }
        return switch status {
        case "warning_needs_response": submissions ?? 0 > 0 ? nil : dueBy
        case "needs_response": submissions ?? 0 > inquiryAnswers ? nil : dueBy
        case "appeal_needs_response": dueBy
        default: nil
        }
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
            movements = json.count("movements")
            statedGone = try json.amount("gone")
            dueBy = try json.instant("due_by")
            submissions = json.count("submissions")
        } else {
            let list = json["balance_transactions"]?.elements
            movements = list.map { Int64($0.count) }
            let (amount, status) = (amount, status)
            statedGone = try list.map { movements throws(JSONFieldError) in
                try Self.gone(movements, of: amount, status: status)
            }
            dueBy = json["evidence_details"]?["due_by"]?.integer.flatMap(Instant.init(dated:))
            submissions = json["evidence_details"]?.count("submission_count")
        }
    }

    package func write(to json: inout JSONWriter) {
        json.member("amount", amount)
        json.member("charge", charge?.id)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("due_by", dueBy?.unixSeconds)
        json.member("gone", statedGone)
        json.member("id", id)
        json.member("movements", movements)
        json.member("payment_intent", paymentIntent?.id)
        json.member("status", status)
        json.member("submissions", submissions)
    }
}
