import Billing
import Storage

/// A danger to a payment that its seller can still act on: a dispute, an early fraud warning or a review.
struct PaymentRisk: Sendable, Equatable {
    enum Matter: Sendable, Equatable {
        /// A bank waits for an answer.
        case dispute(status: String, dueBy: Instant)
        /// The card's issuer reports fraud: a refund may save a dispute
        /// (<https://docs.stripe.com/disputes/how-disputes-work>).
        case fraudWarning(type: String?)
        /// A payment awaits an operator's decision (<https://docs.stripe.com/radar/reviews>).
        case review(reason: String?)
    }

    let matter: Matter
    let reference: ObjectReference
    let account: String?
    let livemode: Bool
    let charge: String?
    private(set) var paymentIntent: String?
    private(set) var amount: Money?

    /// Fails when there is nothing to do: the dispute was answered, decided or is past its deadline; the
    /// warning is not actionable; the review is closed.
    ///
    /// - Parameters:
    ///   - snapshot: A dispute, an early fraud warning or a review.
    ///   - account: The connected account of the object; `nil` for the platform.
    ///   - inquiryAnswers: How often a dispute was answered while it was an inquiry.
    ///   - now: The current time, compared with the dispute's deadline.
    init?(_ snapshot: Snapshot, account: String?, inquiryAnswers: Int64, at now: Instant) {
        switch snapshot.object {
        case .dispute(let dispute):
            guard let dueBy = dispute.answerDue(at: now, inquiryAnswers: inquiryAnswers) else { return nil }
            matter = .dispute(status: dispute.status, dueBy: dueBy)
            (charge, paymentIntent) = (dispute.charge?.id, dispute.paymentIntent?.id)
            amount = Money(minorUnits: dispute.amount, currency: dispute.currency)
        case .earlyFraudWarning(let warning):
            guard warning.isActionable else { return nil }
            matter = .fraudWarning(type: warning.fraudType)
            (charge, paymentIntent) = (warning.charge?.id, warning.paymentIntent?.id)
        case .review(let review):
            guard review.isOpen else { return nil }
            matter = .review(reason: review.openedReason)
            (charge, paymentIntent) = (review.charge?.id, review.paymentIntent?.id)
        default: return nil
        }
        reference = snapshot.object.reference
        self.account = account
        livemode = snapshot.livemode
    }

    /// Fills in the amount and the PaymentIntent from the payment's other objects, if its own object lacks
    /// them.
    mutating func complete(from payment: [ObjectRecord]) {
        let objects = payment.compactMap(\.snapshot?.object)
        for case .charge(let found) in objects where found.id == charge {
            amount = amount ?? Money(minorUnits: found.amount, currency: found.currency)
            paymentIntent = paymentIntent ?? found.paymentIntent?.id
        }
        for case .paymentIntent(let found) in objects where found.id == paymentIntent {
            amount = amount ?? Money(minorUnits: found.amount, currency: found.currency)
        }
    }

    /// Identifies the alert, which is sent once: for a dispute, once for each deadline of each stage.
    var subject: [String] {
        let own = [account ?? "", reference.id]
        guard case .dispute(let status, let dueBy) = matter else { return own }
        return own + [status, "\(dueBy.unixSeconds)"]
    }

    /// The alert kinds sent when the risk begins and when it ends.
    var kinds: (begins: AlertKind, ends: AlertKind) {
        switch matter {
        case .dispute: (.disputeNeedsResponse, .disputeNeedsNoResponse)
        case .fraudWarning: (.fraudWarningActionable, .fraudWarningNotActionable)
        case .review: (.reviewOpened, .reviewClosed)
        }
    }
}
