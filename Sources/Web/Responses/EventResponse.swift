import Billing
package import JSON
package import Storage

/// An event of the log in one API version, for operators.
package struct EventResponse: JSONObject, Sendable {
    package let entry: EventEntry
    /// All API versions in which the event was received, newest first; only for a single event.
    package var versions: [String?]?
    /// The bytes as they were received; only for a single event whose body is still stored.
    package var payload: String?

    package func write(to json: inout JSONWriter) {
        json.nullable("account", entry.account)
        json.nullable("api_version", entry.apiVersion)
        json.member("api_versions", versions)
        json.nullable("created", entry.created)
        json.member("cursor", entry.key.text)
        json.member("id", entry.id)
        json.member("livemode", entry.livemode)
        json.member("object", "event_record")
        json.nullable("object_id", entry.objectID)
        json.member("outcome", entry.disposition.rawValue)
        json.member("payload", payload)
        json.nullable("reason", entry.reason)
        json.member("received_at", entry.receivedAt)
        json.nullable("removal", entry.removal) { json, removal in
            // `archive` is null, not omitted, when the body was not archived.
            json.nullable("archive", removal.archive)
            json.member("cause", removal.cause.rawValue)
            json.member("removed_at", removal.at)
        }
        json.member("size", entry.size)
        json.member("source", entry.source.rawValue)
        json.member("type", entry.type)
    }
}

extension EventResponse: JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        entry = EventEntry(
            id: try json.decode("id"),
            type: try json.decode("type"),
            created: try json.decodeIfPresent("created"),
            receivedAt: try json.decode("received_at"),
            livemode: try json.decode("livemode"),
            account: try json.decodeIfPresent("account"),
            apiVersion: try json.decodeIfPresent("api_version"),
            source: try json.decode("source"),
            disposition: try json.decode("outcome"),
            reason: try json.decodeIfPresent("reason"),
            objectID: try json.decodeIfPresent("object_id"),
            size: try json.decode("size"),
            removal: try json["removal"].map(Self.removal)
        )
        versions = json["api_versions"]?.elements?.map(\.string)
        payload = try json.decodeIfPresent("payload")
    }

    private static func removal(_ json: JSONValue) throws(JSONFieldError) -> BodyRemoval {
        BodyRemoval(
            at: try json.decode("removed_at"),
            cause: try json.decode("cause"),
            archive: try json.decodeIfPresent("archive")
        )
    }
}

extension EventSource: JSONDecodable {}
extension EventEntry.Disposition: JSONDecodable {}
extension BodyRemoval.Cause: JSONDecodable {}

/// The result of a rebuild.
struct ReprojectionResponse: JSONObject {
    let result: Reprojection
    /// The event's entry after the rebuild, for a single event only: an unreadable version if there is one,
    /// otherwise the newest version.
    var entry: EventEntry?

    func write(to json: inout JSONWriter) {
        json.member("changed", result.changed)
        json.member("event", entry.map { EventResponse(entry: $0) })
        json.member("events", result.events)
        json.member("object", "reprojection")
        json.member("transactions", result.transactions)
    }
}
