import Billing

/// Why an event's body was deleted, as the service's API returns it.
struct EventRemoval: Decodable, Sendable {
    let removed_at: Int64
    let cause: String
    let archive: String?

    /// Says where the body is, or why it is gone.
    var account: String {
        let day = Instant(unixSeconds: removed_at).localText
        if cause == "erasure" { return "erased on \(day), with the personal data of its customer" }
        return archive.map { "let go of on \(day); the archive has it in \($0)" }
            ?? "let go of on \(day), as old as bodies are kept"
    }
}
