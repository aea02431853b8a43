package import Billing
package import JSON

/// A message to the operators, whose text is fixed when it is created.
package struct Alert: Sendable, Equatable {
    /// Derived from the alert's cause, so that the same cause never gets two ids.
    package let id: String
    package let kind: AlertKind
    /// When the cause was noticed.
    package let at: Instant
    /// The JSON that is sent, unchanged on each attempt.
    package let body: String

    package init(id: String, kind: AlertKind, at: Instant, body: String) {
        self.id = id
        self.kind = kind
        self.at = at
        self.body = body
    }
}

/// The cause of an alert, sent as its `type`.
package enum AlertKind: String, JSONEncodable, JSONDecodable, Sendable, CaseIterable {
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
    case balancesDrifted = "balances.drifted"
    case balancesAgreed = "balances.agreed"
    /// An operator requested it.
    case test

    /// Alerts of one line are sent in order: the end of a problem is sent after its beginning.
    package enum Topic: String, Sendable {
        case quarantine, reconciliation, silence, disputes
        case fraudWarnings = "fraud_warnings"
        case reviews, balances, test
    }

    package var topic: Topic {
        switch self {
        case .eventQuarantined: .quarantine
        case .reconciliationDrifted, .reconciliationCleared: .reconciliation
        case .stripeSilent, .stripeResumed: .silence
        case .disputeNeedsResponse, .disputeNeedsNoResponse: .disputes
        case .fraudWarningActionable, .fraudWarningNotActionable: .fraudWarnings
        case .reviewOpened, .reviewClosed: .reviews
        case .balancesDrifted, .balancesAgreed: .balances
        case .test: .test
        }
    }

}

extension Alert: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.decode("id")
        kind = try json.decode("kind")
        at = try json.decode("at")
        body = try json.decode("body")
    }

    package func write(to json: inout JSONWriter) {
        json.member("at", at)
        json.member("body", body)
        json.member("id", id)
        json.member("kind", kind)
    }
}

/// An alert that waits to be sent is a job.
extension Job {
    package init(sending alert: Alert) {
        self.init(
            id: alert.id,
            kind: .alert,
            topic: alert.kind.topic.rawValue,
            dueAt: alert.at,
            request: JSONWriter.text(of: alert),
            createdAt: alert.at
        )
    }

    /// The alert; `nil` for a job of another kind, or for JSON of a later version.
    package var alert: Alert? { kind == .alert ? Self.decode(request) : nil }
}
