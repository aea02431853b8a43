import Billing
import Storage

/// An event of the log, as the service's API returns it.
struct EventRecord: Decodable, Sendable {
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
