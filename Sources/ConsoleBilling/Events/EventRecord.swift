import Billing
import Storage

/// An event of the log as the service tells it.
struct EventRecord: Decodable, Sendable {
    let id: String
    let type: String
    let created: Int64?
    let received_at: Int64
    let livemode: Bool
    let account: String?
    let api_version: String?
    /// All versions that it was told in, the newest first; of a single event only.
    var api_versions: [String?]?
    /// Where to page on from it.
    let cursor: String
    let source: String
    let outcome: String
    let reason: String?
    let object_id: String?
    let size: Int
    let payload: String?
    var removal: EventRemoval?

    var isQuarantined: Bool { outcome == EventEntry.Disposition.quarantined.rawValue }

    /// What became of it and, where it could not be read, why.
    var outcomeText: String { outcome + (reason.map { ": " + $0 } ?? "") }

    /// The columns of a list, to go with ``columns``.
    var cells: [String] {
        [
            Instant(unixSeconds: received_at).localText, id, api_version ?? "", type, object_id ?? "",
            outcomeText,
        ].map(printable)
    }

    static let columns = ["RECEIVED", "EVENT", "API VERSION", "TYPE", "OBJECT", "OUTCOME"]
}
