package import Billing
import Database

extension SQLStore {
    package func useSessionLink(
        _ link: String,
        until end: Instant,
        now: Instant
    ) async throws(StoreError) -> Bool {
        // Not repeated if the connection breaks: the second attempt would find the link used by the first.
        try await execute(
            "using a session link",
            repeats: false,
            [
                SQLStatement(
                    "DELETE FROM used_session_links WHERE expires_at <= $1",
                    [.int(now.unixSeconds)]
                ),
                SQLStatement(
                    "INSERT INTO used_session_links (link, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    [.text(link), .int(end.unixSeconds)]
                ),
            ]
        ).last == 1
    }
}
