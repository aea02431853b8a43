import Billing
import JSON
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
        let addsInformation = before?.subject != after?.subject
        superseded = addsInformation ? before : nil
        begun = addsInformation ? after : nil
    }
}

extension AlertFormatter {
    func alertID(_ risk: PaymentRisk) -> String { Self.id(risk.kinds.begins, about: risk.subject) }

    func riskAlert(_ risk: PaymentRisk, now: Instant) -> Alert {
        alert(
            risk.kinds.begins,
            about: risk.subject,
            now: now,
            Words(summary: risk.beginning, nextStep: risk.nextStep, section: .paymentAtRisk),
            risk.facts
        )
    }

    /// The alert that a reported risk is over.
    func resolvedRiskAlert(_ risk: PaymentRisk, _ object: StripeObject, now: Instant) -> Alert {
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
            risk.facts(ending: alertID(risk), object)
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

extension PaymentRisk {
    /// The facts of an alert that the risk has begun.
    fileprivate var facts: JSONMembers {
        var facts = commonFacts
        switch matter {
        case .dispute(let status, let dueBy):
            facts.add("status", status)
            // The deadline in Unix seconds, and in RFC 3339.
            facts.add("due_by", dueBy)
            facts.add("due_at", dueBy.rfc3339)
        case .fraudWarning(let reason), .review(let reason): facts.add("reason", reason)
        }
        return facts
    }

    /// The facts of an alert that the risk is over; `alert` is the `webhook-id` of the one that it ends.
    fileprivate func facts(ending alert: String, _ object: StripeObject) -> JSONMembers {
        var facts = commonFacts
        facts.add("alert", alert)
        switch (object, matter) {
        case (.dispute(let dispute), _): facts.add("status", dispute.status)
        case (.review(let review), _): facts.add("reason", review.closedReason)
        case (_, .fraudWarning(let reason)): facts.add("reason", reason)
        default: break
        }
        return facts
    }

    private var commonFacts: JSONMembers {
        var facts = JSONMembers()
        switch matter {
        case .dispute: facts.add("dispute", reference.id)
        case .fraudWarning: facts.add("early_fraud_warning", reference.id)
        case .review: facts.add("review", reference.id)
        }
        facts.add("charge", charge)
        facts.add("payment_intent", paymentIntent)
        facts.add("account", account)
        facts.add("livemode", livemode)
        // In minor units of the currency.
        facts.add("amount", amount?.minorUnits)
        facts.add("currency", amount?.currency)
        facts.add("amount_display", amount?.display)
        return facts
    }
}
