package import Billing
import FoundationEssentials
package import Storage
import Webhooks

/// Builds the JSON bodies of alerts.
///
/// An alert names the objects concerned by id. It never holds a body or personal data, and no amount except
/// that of a payment at risk.
package struct AlertAuthor: Sendable {
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
    /// Alerts of the same kind and subject have the same id.
    func alert(
        _ kind: AlertKind,
        about subject: [String],
        now: Instant,
        _ words: Words,
        _ facts: some Encodable
    ) -> Alert {
        let envelope = Envelope(
            type: kind.rawValue,
            timestamp: now.rfc3339,
            data: .init(words: words, service: service, facts: facts)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Facts hold only strings, numbers, booleans and lists, so encoding cannot fail.
        let body = (try? encoder.encode(envelope)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return Alert(id: Self.id(kind, about: subject), kind: kind, at: now, body: body)
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
        struct Facts: Encodable {}
        let words = Words(
            summary: "This is a test: alerts of this service arrive here.",
            nextStep: "No action is needed.",
            section: .quarantine
        )
        return alert(.test, about: [name], now: now, words, Facts())
    }

    private struct Envelope<Facts: Encodable>: Encodable {
        let type: String
        let timestamp: String
        let data: Details

        /// The members of `data`: the words and the facts in one object.
        struct Details: Encodable {
            let words: Words
            let service: String
            let facts: Facts

            enum CodingKeys: String, CodingKey {
                case summary, runbook, service
                case nextStep = "next_step"
            }

            func encode(to encoder: any Encoder) throws {
                try facts.encode(to: encoder)
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(words.summary, forKey: .summary)
                try container.encode(words.nextStep, forKey: .nextStep)
                try container.encode(words.section.link, forKey: .runbook)
                try container.encode(service, forKey: .service)
            }
        }
    }
}
