import Billing
import JSON

/// Why an event's body was deleted, as the service's API returns it.
struct EventRemoval: Sendable {
    let removed_at: Int64
    let cause: String
    let archive: String?

    /// Says where the body is, or why it is gone.
    var account: String {
        let day = Instant(unixSeconds: removed_at).localText
        if cause == "erasure" { return "erased on \(day), with the personal data of its customer" }
        return archive.map { "purged on \(day); the archive has it in \($0)" }
            ?? "purged on \(day), at the end of EVENT_BODY_RETENTION_DAYS"
    }
}

extension EventRemoval: JSONDecodable {
    init(_ json: JSONValue) throws(JSONFieldError) {
        removed_at = try json.decode("removed_at")
        cause = try json.decode("cause")
        archive = try json.decodeIfPresent("archive")
    }
}
