import Billing
import Storage

/// An event of the log in one API version, for operators.
struct EventResponse: Encodable {
    let entry: EventEntry
    /// All API versions in which the event was received, newest first; only for a single event.
    var versions: [String?]?
    /// The bytes as they were received; only for a single event whose body is still stored.
    var payload: String?

    private struct Removal: Encodable {
        let removed_at: Instant
        let cause: BodyRemoval.Cause
        let archive: String?

        private enum CodingKeys: CodingKey { case removed_at, cause, archive }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(removed_at, forKey: .removed_at)
            try container.encode(cause, forKey: .cause)
            // `archive` is null, not omitted, when the body was not archived.
            try container.encode(archive, forKey: .archive)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, type, created, livemode, account, source, outcome, reason, size, payload, removal
        case receivedAt = "received_at"
        case apiVersion = "api_version"
        case versions = "api_versions"
        case cursor
        case objectID = "object_id"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(entry.id, forKey: .id)
        try container.encode("event_record", forKey: .object)
        try container.encode(entry.type, forKey: .type)
        try container.encode(entry.created, forKey: .created)
        try container.encode(entry.receivedAt, forKey: .receivedAt)
        try container.encode(entry.livemode, forKey: .livemode)
        try container.encode(entry.account, forKey: .account)
        try container.encode(entry.apiVersion, forKey: .apiVersion)
        try container.encodeIfPresent(versions, forKey: .versions)
        try container.encode(entry.key.text, forKey: .cursor)
        try container.encode(entry.source, forKey: .source)
        try container.encode(entry.disposition, forKey: .outcome)
        try container.encode(entry.reason, forKey: .reason)
        try container.encode(entry.objectID, forKey: .objectID)
        try container.encode(entry.size, forKey: .size)
        try container.encode(
            entry.removal.map { Removal(removed_at: $0.at, cause: $0.cause, archive: $0.archive) },
            forKey: .removal
        )
        try container.encodeIfPresent(payload, forKey: .payload)
    }
}

/// The result of a rebuild.
struct ReprojectionResponse: Encodable {
    let object = "reprojection"
    let events: Int
    let transactions: Int
    let changed: Int
    /// The event's entry after the rebuild, for a single event only: an unreadable version if there is one,
    /// otherwise the newest version.
    let event: EventResponse?

    init(_ result: Reprojection, of entry: EventEntry? = nil) {
        events = result.events
        transactions = result.transactions
        changed = result.changed
        event = entry.map { EventResponse(entry: $0) }
    }
}
