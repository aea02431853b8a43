package import Billing

/// Something that operators are told, in words that do not change any more.
package struct Alert: Codable, Sendable, Equatable {
    /// Follows from what it is about, so that the same is never told under two names.
    package let id: String
    package let kind: AlertKind
    /// When it was seen to be so.
    package let at: Instant
    /// The JSON that is sent, the same at every attempt.
    package let body: String

    package init(id: String, kind: AlertKind, at: Instant, body: String) {
        self.id = id
        self.kind = kind
        self.at = at
        self.body = body
    }
}

/// What an alert is about: the `type` of what is sent.
package enum AlertKind: String, Codable, Sendable, CaseIterable {
    case eventQuarantined = "event.quarantined"
    case reconciliationDrifted = "reconciliation.drifted"
    case reconciliationCleared = "reconciliation.cleared"
    case stripeSilent = "stripe.silent"
    case stripeResumed = "stripe.resumed"
    case disputeNeedsResponse = "dispute.needs_response"
    case disputeNeedsNoResponse = "dispute.needs_no_response"
    case fraudWarningActionable = "fraud_warning.actionable"
    case fraudWarningNotActionable = "fraud_warning.not_actionable"
    case reviewOpened = "review.opened"
    case reviewClosed = "review.closed"
    /// An operator asked for it.
    case test

    /// Those that are told one after another: that something is over comes after it began.
    package enum Line: Hashable, Sendable {
        case quarantine, reconciliation, silence, disputes, fraudWarnings, reviews, test
    }

    package var line: Line {
        switch self {
        case .eventQuarantined: .quarantine
        case .reconciliationDrifted, .reconciliationCleared: .reconciliation
        case .stripeSilent, .stripeResumed: .silence
        case .disputeNeedsResponse, .disputeNeedsNoResponse: .disputes
        case .fraudWarningActionable, .fraudWarningNotActionable: .fraudWarnings
        case .reviewOpened, .reviewClosed: .reviews
        case .test: .test
        }
    }

    /// Whether it is about a payment that is, or was, in danger.
    package var isOfPaymentAtRisk: Bool { [.disputes, .fraudWarnings, .reviews].contains(line) }
}
