import Billing
package import JSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An event in the archive: one line of JSON, whose body `replay` can send again byte for byte.
package struct ArchivedEvent: Sendable {
    package let key: EventKey
    package let account: String?
    /// The customers and ids in the body.
    let references: CustomerReferences

    /// Distinguishes such a line from an event of Stripe.
    private static let objectName = "archived_event"

    /// Reads a line of the archive.
    ///
    /// - Returns: `nil` if the line is not in the archive's format.
    package init?(_ line: [UInt8]) {
        let read = try? JSONValue.read(line) { json in
            try Self.body(in: json).map { payload in
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

    /// The line for an event of the log, including the line break; `nil` if its body was purged.
    package static func line(of event: StoredEvent) -> [UInt8]? {
        guard let payload = event.payload else { return nil }
        let entry = event.entry
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
            json.member("object", objectName)
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
