package import Billing
import Database
package import Storage

extension SQLiteStore {
    package func lease(limit: Int, now: Instant, seconds: Int64) async throws(StoreError) -> [FetchJob] {
        let due = "NOT gave_up AND due_at <= $1 AND leased_until <= $1"
        // Reading is cheap, while a write would sync the disk at each poll, even if no work is due.
        let isDue = try await query("looking for work") { session in
            try session.row(
                Query("SELECT 1 FROM work WHERE \(due) LIMIT 1", [.int(now.unixSeconds)]) { _ in true }
            )
        }
        guard isDue == true else { return [] }
        return try await transaction("leasing work", under: nil, repeats: false) { session in
            try session.rows(
                Query(
                    """
                    UPDATE work
                    SET leased_until = $2
                    WHERE sequence IN (SELECT sequence FROM work WHERE \(due) ORDER BY due_at LIMIT $3)
                    RETURNING account, kind, id, attempts
                    """,
                    [
                        .int(now.unixSeconds), .int(now.adding(seconds: seconds).unixSeconds),
                        .int(Int64(limit)),
                    ],
                    decode: WorkRow.item
                )
            ).compactMap { $0 }
        }
    }
}
