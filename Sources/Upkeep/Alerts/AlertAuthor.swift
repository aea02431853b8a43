package import Billing
import FoundationEssentials
package import Storage
import Webhooks

/// Puts alerts into words.
///
/// They say which objects are concerned and never what those hold: no body, nobody's data, and no amount but that of a
/// payment in danger.
package struct AlertAuthor: Sendable {
    /// Which installation tells: the base of its links.
    private let service: String

    /// How many of the objects concerned are named.
    static let namedAtMost = 5

    package init(service: String) { self.service = service }

    /// Where it is written what to do, beside the words of the alert itself.
    enum Section: String {
        case quarantine = "consolebillingquarantine"
        case drift = "consolebillingdrift"
        case silence = "consolebillingsilence"
        case paymentAtRisk = "paymentatrisk"

        var link: String { "deploy/RUNBOOK.md#\(rawValue)" }
    }

    /// What an alert tells.
    struct Words {
        let summary: String
        let nextStep: String
        let section: Section
    }

    /// Writes an alert.
    ///
    /// - Parameters:
    ///   - kind: What it is about.
    ///   - subject: What it is about, more exactly: the same subject has the same id.
    ///   - now: The present.
    ///   - words: For people.
    ///   - facts: For programs.
    /// - Returns: The alert.
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
        // Texts, numbers and lists of them, which cannot fail to encode.
        let body = (try? encoder.encode(envelope)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return Alert(id: Self.id(kind, about: subject), kind: kind, at: now, body: body)
    }

    /// The id of every alert of a kind about a subject.
    static func id(_ kind: AlertKind, about subject: [String]) -> String {
        let name = ([kind.rawValue] + subject).joined(separator: "\n")
        return "msg_\(SHA256Digest(of: Array(name.utf8)).hex.prefix(32))"
    }

    /// One that tells that nothing is the matter.
    ///
    /// - Parameters:
    ///   - name: Of this test alone.
    ///   - now: The present.
    /// - Returns: The alert.
    package func test(_ name: String, now: Instant) -> Alert {
        struct Facts: Encodable {}
        let words = Words(
            summary: "This is a test: alerts of this service arrive here.",
            nextStep: "Nothing is to be done.",
            section: .quarantine
        )
        return alert(.test, about: [name], now: now, words, Facts())
    }

    private struct Envelope<Facts: Encodable>: Encodable {
        let type: String
        let timestamp: String
        let data: Details

        /// The words and the facts, side by side.
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
