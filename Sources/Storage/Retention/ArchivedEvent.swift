package import Billing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A body in the archive, read from its line.
package struct ArchivedBody: Sendable {
    private struct Line: Decodable {
        let object: String
        let id: String
        let type: String
        let account: String?
        let api_version: String?
        let body: String?
        let body_base64: Data?
    }

    package let key: EventKey
    package let account: String?
    /// The customers and ids in the body.
    let mention: EventMention

    /// - Returns: `nil` if the line is not in the archive's format.
    package init?(_ line: [UInt8]) {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)),
            line.object == ArchivedEvent.objectName
        else { return nil }
        let payload = line.body.map { Array($0.utf8) } ?? line.body_base64.map { Array($0) } ?? []
        let unread = Event(
            id: line.id,
            type: line.type,
            created: nil,
            livemode: false,
            account: line.account,
            apiVersion: nil,
            content: .other
        )
        key = EventKey(line.id, apiVersion: line.api_version)
        account = line.account
        mention = EventMention((try? Event(parsing: payload)) ?? unread, payload: payload)
    }
}

/// A body to be archived: one line of JSON, which `replay` can send again byte for byte.
package struct ArchivedEvent: Sendable {
    /// Distinguishes such a line from an event of Stripe.
    package static let objectName = "archived_event"

    private struct Line: Encodable {
        let object = ArchivedEvent.objectName
        let id: String
        let type: String
        let livemode: Bool
        let account: String?
        let api_version: String?
        let source: EventSource
        let created: Instant?
        let received_at: Instant
        let body: String?
        /// For bytes that are not UTF-8.
        let body_base64: String?
    }

    private let entry: EventEntry
    private let payload: [UInt8]

    package init(_ entry: EventEntry, payload: [UInt8]) {
        self.entry = entry
        self.payload = payload
    }

    /// The day on which the event was received, in UTC: the archive has one file per day.
    package var day: CivilDate { CivilDate(entry.receivedAt) }

    /// The line, including the line break.
    package var line: [UInt8] {
        let text = String(validating: payload, as: UTF8.self)
        let line = Line(
            id: entry.id,
            type: entry.type,
            livemode: entry.livemode,
            account: entry.account,
            api_version: entry.apiVersion,
            source: entry.source,
            created: entry.created,
            received_at: entry.receivedAt,
            body: text,
            body_base64: text == nil ? Data(payload).base64EncodedString() : nil
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The line has only strings, numbers and flags, which cannot fail to encode.
        return Array((try? encoder.encode(line)) ?? Data()) + [UInt8(ascii: "\n")]
    }
}
