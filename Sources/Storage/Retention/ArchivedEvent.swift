package import Billing
package import JSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A body in the archive, read from its line.
package struct ArchivedBody: Sendable {
    package let key: EventKey
    package let account: String?
    /// The customers and ids in the body.
    let references: CustomerReferences

    /// - Returns: `nil` if the line is not in the archive's format.
    package init?(_ line: [UInt8]) {
        let read = try? JSONValue.read(line) { json in
            try ArchivedEvent.body(in: json).map { payload in
                (
                    id: try json.requiredString("id"), type: try json.requiredString("type"),
                    account: json.string("account"), apiVersion: json.string("api_version"), payload: payload
                )
            }
        }
        guard let line = read else { return nil }
        let unread = Event(
            id: line.id,
            type: line.type,
            created: nil,
            livemode: false,
            account: line.account,
            apiVersion: nil,
            content: .other
        )
        key = EventKey(line.id, apiVersion: line.apiVersion)
        account = line.account
        references = CustomerReferences((try? Event(parsing: line.payload)) ?? unread, payload: line.payload)
    }
}

/// A body to be archived: one line of JSON, which `replay` can send again byte for byte.
package struct ArchivedEvent: Sendable {
    /// Distinguishes such a line from an event of Stripe.
    static let objectName = "archived_event"

    private let entry: EventEntry
    private let payload: [UInt8]

    package init(_ entry: EventEntry, payload: [UInt8]) {
        self.entry = entry
        self.payload = payload
    }

    /// The day on which the event was received, in UTC: the archive has one file per day.
    package var day: CalendarDate { CalendarDate(entry.receivedAt) }

    /// The line, including the line break.
    package var line: [UInt8] {
        let text = String(validating: payload, as: UTF8.self)
        return JSONWriter.object { json in
            json.member("account", entry.account)
            json.member("api_version", entry.apiVersion)
            json.member("body", text)
            // For bytes that are not UTF-8.
            json.member("body_base64", text == nil ? Data(payload).base64EncodedString() : nil)
            json.member("created", entry.created)
            json.member("id", entry.id)
            json.member("livemode", entry.livemode)
            json.member("object", Self.objectName)
            json.member("received_at", entry.receivedAt)
            json.member("source", entry.source.rawValue)
            json.member("type", entry.type)
        } + [UInt8(ascii: "\n")]
    }

    /// The event's body in a line of the archive; `nil` for any other JSON.
    package static func body(in line: JSONValue) -> [UInt8]? {
        guard line.string("object") == objectName else { return nil }
        if let body = line.string("body") { return Array(body.utf8) }
        return line.string("body_base64").flatMap { Data(base64Encoded: $0) }.map(Array.init)
    }
}
