import Billing
import Storage
import Web

extension EventResponse {
    /// The outcome, with the reason if it has one.
    var outcomeText: String { entry.disposition.rawValue + (entry.reason.map { ": " + $0 } ?? "") }

    /// The cells of a list's row, in the order of ``columns``.
    var cells: [String] {
        [
            entry.receivedAt.localText, entry.id, entry.apiVersion ?? "", entry.type, entry.objectID ?? "",
            outcomeText,
        ].map(printable)
    }

    static let columns = ["RECEIVED", "EVENT", "API VERSION", "TYPE", "OBJECT", "OUTCOME"]
}

extension BodyRemoval {
    /// Says where the body is, or why it is gone.
    var account: String {
        let day = at.localText
        if cause == .erasure { return "erased on \(day), with the personal data of its customer" }
        return archive.map { "purged on \(day); the archive has it in \($0)" }
            ?? "purged on \(day), at the end of EVENT_BODY_RETENTION_DAYS"
    }
}
