import Billing
import JSON
import Storage

/// An event of the log, as the service's API returns it.
struct EventRecord: Sendable {
    let id: String
    let type: String
    let created: Int64?
    let received_at: Int64
    let livemode: Bool
    let account: String?
    let api_version: String?
    /// All API versions in which the event was received, newest first; only for a single event.
    var api_versions: [String?]?
    /// The cursor for paging after this entry.
    let cursor: String
    let source: String
    let outcome: String
    let reason: String?
    let object_id: String?
    let size: Int
    let payload: String?
    var removal: EventRemoval?

    var isQuarantined: Bool { outcome == EventEntry.Disposition.quarantined.rawValue }

    /// The outcome, with the reason if it has one.
    var outcomeText: String { outcome + (reason.map { ": " + $0 } ?? "") }

    /// The cells of a list's row, in the order of ``columns``.
    var cells: [String] {
        [
            Instant(unixSeconds: received_at).localText, id, api_version ?? "", type, object_id ?? "",
            outcomeText,
        ].map(printable)
    }

    static let columns = ["RECEIVED", "EVENT", "API VERSION", "TYPE", "OBJECT", "OUTCOME"]
}

extension EventRecord: JSONDecodable {
    init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.decode("id")
        type = try json.decode("type")
        created = try json.decodeIfPresent("created")
        received_at = try json.decode("received_at")
        livemode = try json.decode("livemode")
        account = try json.decodeIfPresent("account")
        api_version = try json.decodeIfPresent("api_version")
        api_versions = json["api_versions"]?.elements?.map(\.string)
        cursor = try json.decode("cursor")
        source = try json.decode("source")
        outcome = try json.decode("outcome")
        reason = try json.decodeIfPresent("reason")
        object_id = try json.decodeIfPresent("object_id")
        size = try json.decode("size")
        payload = try json.decodeIfPresent("payload")
        removal = try json.decodeIfPresent("removal")
    }
}
