import Billing
import Storage

/// Which alerts follow from new events of a dispute, early fraud warning or review.
///
/// It compares the object's state at the last look with its state now, both read from the log. So a repeated
/// or late event, or a rebuild, sends no alert twice.
struct RiskDecision: Sendable, Equatable {
    /// The reported risk that no longer applies.
    let superseded: PaymentRisk?
    /// The new risk to report.
    let begun: PaymentRisk?

    init(before: PaymentRisk?, after: PaymentRisk?) {
        let isNews = before?.subject != after?.subject
        superseded = isNews ? before : nil
        begun = isNews ? after : nil
    }
}

extension AlertAuthor {
    func alertID(_ risk: PaymentRisk) -> String { Self.id(risk.kinds.begins, about: risk.subject) }

    func endangered(_ risk: PaymentRisk, now: Instant) -> Alert {
        alert(
            risk.kinds.begins,
            about: risk.subject,
            now: now,
            Words(summary: risk.beginning, nextStep: risk.nextStep, section: .paymentAtRisk),
            RiskFacts(risk)
        )
    }

    /// The alert that a reported risk is over.
    func outOfDanger(_ risk: PaymentRisk, _ object: StripeObject, now: Instant) -> Alert {
        let id = risk.reference.id
        let summary =
            switch object {
            case .dispute(let dispute):
                "There is nothing to answer in dispute \(id) any more: it is \(dispute.status)."
            case .review(let review):
                "Review \(id) is closed: \(review.closedReason ?? "Stripe does not say why")."
            default:
                "Early fraud warning \(id) is no longer actionable: the payment is disputed or refunded."
            }
        return alert(
            risk.kinds.ends,
            about: [alertID(risk)],
            now: now,
            Words(summary: summary, nextStep: "No action is needed.", section: .paymentAtRisk),
            RiskFacts(risk, ending: alertID(risk), object)
        )
    }
}

extension PaymentRisk {
    private var payment: String {
        let id = paymentIntent ?? charge.map { "of charge \($0)" } ?? "unknown"
        return "payment \(id)" + (amount.map { " (\($0.display))" } ?? "")
    }

    fileprivate var beginning: String {
        switch matter {
        case .dispute("warning_needs_response", let dueBy):
            "A bank inquires about \(payment), and waits for an answer to \(reference.id) until \(dueBy.rfc3339)."
        case .dispute("appeal_needs_response", let dueBy):
            "Dispute \(reference.id) of \(payment) can be appealed until \(dueBy.rfc3339)."
        case .dispute(_, let dueBy):
            "The customer's bank disputes \(payment), and waits for an answer to \(reference.id) until "
                + "\(dueBy.rfc3339)."
        case .fraudWarning(let type):
            "The card's issuer reports \(payment) as fraud\(type.map { " (\($0))" } ?? ""). It is not disputed yet."
        case .review(let reason):
            "The \(payment) waits for a review, opened by \(reason ?? "Stripe")."
        }
    }

    fileprivate var nextStep: String {
        switch matter {
        case .dispute:
            // https://docs.stripe.com/disputes/responding
            "Answer it in Stripe's dashboard, or accept it, before then: a dispute that is not answered is lost."
        case .fraudWarning:
            // https://docs.stripe.com/disputes/how-disputes-work
            "Look at the payment in Stripe's dashboard, and decide whether to refund it: a refund in full can save a dispute "
                + "and its fee."
        case .review:
            // https://docs.stripe.com/radar/reviews
            "Approve the payment in Stripe's dashboard, or refund it."
        }
    }
}

private struct RiskFacts: Encodable {
    var dispute: String?
    var early_fraud_warning: String?
    var review: String?
    let charge: String?
    let payment_intent: String?
    let account: String?
    let livemode: Bool
    /// In minor units of the currency.
    let amount: Int64?
    let currency: String?
    let amount_display: String?
    var status: String?
    var reason: String?
    /// The deadline in Unix seconds, and in RFC 3339.
    var due_by: Int64?
    var due_at: String?
    /// The `webhook-id` of the alert that this one ends.
    var alert: String?

    init(_ risk: PaymentRisk) {
        charge = risk.charge
        payment_intent = risk.paymentIntent
        account = risk.account
        livemode = risk.livemode
        amount = risk.amount?.minorUnits
        currency = risk.amount?.currency.code
        amount_display = risk.amount?.display
        switch risk.matter {
        case .dispute(let status, let dueBy):
            dispute = risk.reference.id
            self.status = status
            due_by = dueBy.unixSeconds
            due_at = dueBy.rfc3339
        case .fraudWarning(let type):
            early_fraud_warning = risk.reference.id
            reason = type
        case .review(let reason):
            review = risk.reference.id
            self.reason = reason
        }
    }

    init(_ risk: PaymentRisk, ending alert: String, _ object: StripeObject) {
        self.init(risk)
        self.alert = alert
        (due_by, due_at) = (nil, nil)
        switch object {
        case .dispute(let dispute): status = dispute.status
        case .review(let review): reason = review.closedReason
        default: break
        }
    }
}
