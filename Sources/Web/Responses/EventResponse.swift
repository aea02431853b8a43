import Billing
import JSON
import Storage

/// An event of the log in one API version, for operators.
struct EventResponse: JSONObject {
    let entry: EventEntry
    /// All API versions in which the event was received, newest first; only for a single event.
    var versions: [String?]?
    /// The bytes as they were received; only for a single event whose body is still stored.
    var payload: String?

    func write(to json: inout JSONWriter) {
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
