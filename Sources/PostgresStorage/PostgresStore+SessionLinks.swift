package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool {
        // Not repeated if the connection breaks: the second attempt would find the link used by the first.
        try await run("using a session link", repeats: false) { connection throws(PostgresFailure) in
            let used = try connection.execute(
                Command(
                    """
                    WITH expired AS (DELETE FROM used_session_links WHERE expires_at <= $3)
                    INSERT INTO used_session_links (link, expires_at)
                    VALUES ($1, $2)
                    ON CONFLICT DO NOTHING
                    RETURNING link
                    """,
                    [.text(link), .int(end.unixSeconds), .int(now.unixSeconds)]
                )
            )
            return used.count == 1
        }
    }
}
