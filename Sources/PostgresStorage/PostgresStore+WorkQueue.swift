package import Billing
import Database
package import Storage

extension PostgresStore {
    package func lease(limit: Int, now: Instant, seconds: Int64) async throws(StoreError) -> [FetchJob] {
        try await query("leasing work") { session in
            // Items that another replica is leasing are skipped (SKIP LOCKED).
            try session.rows(
                Query(
                    """
                    WITH due AS MATERIALIZED (
                        SELECT sequence
                        FROM work
                        WHERE NOT gave_up AND due_at <= $1 AND leased_until <= $1
                        ORDER BY due_at
                        LIMIT $2
                        FOR UPDATE SKIP LOCKED)
                    UPDATE work w
                    SET leased_until = $3
                    FROM due
                    WHERE w.sequence = due.sequence
                    RETURNING w.account, w.kind, w.id, w.attempts
                    """,
                    [
                        .int(now.unixSeconds), .int(Int64(limit)),
                        .int(now.adding(seconds: seconds).unixSeconds),
                    ],
                    decode: WorkRow.item
                )
            ).compactMap { $0 }
        }
    }
}
