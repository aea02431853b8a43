package import Billing
import GRDB
package import Storage

extension SQLiteStore {
    package func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool {
        try await write("using a session link") { db in
            try db.execute(
                sql: "DELETE FROM used_session_links WHERE expires_at <= ?",
                arguments: [now.unixSeconds]
            )
            try db.execute(
                sql: "INSERT INTO used_session_links (link, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [link, end.unixSeconds]
            )
            return db.changesCount == 1
        }
    }
}
