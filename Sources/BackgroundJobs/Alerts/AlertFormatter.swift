package import Billing
import Cryptography
import JSON
package import Storage

/// Builds the JSON bodies of alerts.
///
/// An alert names the objects concerned by id. It never holds a body or personal data, and no amount except
/// that of a payment at risk and a drift.
package struct AlertFormatter: Sendable {
    /// The public address of this deployment, which receivers see as `service`.
    private let service: String

    /// The most objects that one alert lists.
    static let namedAtMost = 5

    package init(service: String) { self.service = service }

    /// The section of deploy/RUNBOOK.md that says how to resolve the alert.
    enum Section: String {
        case quarantine = "consolebillingquarantine"
        case drift = "consolebillingdrift"
        case silence = "consolebillingsilence"
        case paymentAtRisk = "paymentatrisk"
        case balances = "balancesdrift"

        var link: String { "deploy/RUNBOOK.md#\(rawValue)" }
    }

    /// The parts of an alert that are written for people.
    struct Words {
        let summary: String
        let nextStep: String
        let section: Section
    }

    /// Builds an alert.
    ///
    /// Alerts of the same kind and subject have the same id. `data` has the words and the facts in one object.
    func alert(
        _ kind: AlertKind,
        about subject: [String],
        now: Instant,
        _ words: Words,
        _ facts: JSONMembers = JSONMembers()
    ) -> Alert {
        var data = facts
        data.add("next_step", words.nextStep)
        data.add("runbook", words.section.link)
        data.add("service", service)
        data.add("summary", words.summary)
        let body = JSONWriter.object { json in
            json.member("data", data)
            json.member("timestamp", now.rfc3339)
            json.member("type", kind.rawValue)
        }
        return Alert(
            id: Self.id(kind, about: subject),
            kind: kind,
            at: now,
            body: String(decoding: body, as: UTF8.self)
        )
    }

    /// The id of an alert: the same for the same kind and subject, so that receivers can drop repeats.
    static func id(_ kind: AlertKind, about subject: [String]) -> String {
        let name = ([kind.rawValue] + subject).joined(separator: "\n")
        return "msg_\(SHA256Digest(of: Array(name.utf8)).hex.prefix(32))"
    }

    /// An alert that only checks the connection to the receiver.
    ///
    /// - Parameters:
    ///   - name: A name unique to this test: it makes the alert's id.
    ///   - now: The alert's timestamp.
    /// - Returns: The alert.
    package func test(_ name: String, now: Instant) -> Alert {
        let words = Words(
            summary: "This is a test: alerts of this service arrive here.",
            nextStep: "No action is needed.",
            section: .quarantine
        )
        return alert(.test, about: [name], now: now, words)
    }
}
