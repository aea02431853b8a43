package import Billing
import Database

extension SQLStore {
    package func agedBodies(
        receivedBefore cutoff: Instant,
        after last: StoredEvent?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await query("looking for old bodies") { session in
            try session.rows(Bodies.aged(before: cutoff, after: last, limit: limit, maxBytes: maxBytes))
        }
    }

    package func purge(_ events: [StoredEvent]) async throws(StoreError) -> RemovedBodies {
        try await transaction("purging old bodies", under: nil, repeats: false) { session in
            let removals = events.compactMap(Bodies.purging)
            let erased = Bodies.erased(events.map(\.sequence))
            var removed = RemovedBodies()
            try session.run(removals + [erased.statement]) { statement, row in
                if statement < removals.count {
                    removed.bytes += Int(try row.int("body_size"))
                } else {
                    removed.erased.insert(try erased.decode(row))
                }
            }
            return removed
        }
    }

    package func oldestBody() async throws(StoreError) -> Instant? {
        try await query("looking for the oldest body") { session in
            try session.row(
                Query(
                    """
                    SELECT received_at
                    FROM events
                    WHERE \(Bodies.condition)
                    ORDER BY received_at, sequence
                    LIMIT 1
                    """
                ) { Instant(unixSeconds: try $0.int("received_at")) }
            )
        }
    }
}

private enum Bodies {
    /// The bodies that may be removed by age.
    static let condition = "body_removed_at IS NULL AND disposition <> 'quarantined'"

    static func aged(
        before cutoff: Instant,
        after last: StoredEvent?,
        limit: Int,
        maxBytes: Int
    ) -> Query<StoredEvent> {
        // The database adds up the sizes, because it knows the size of a body without reading the body.
        Query(
            """
            WITH
                oldest AS (
                    SELECT received_at, sequence, CAST(body_size AS INTEGER) AS size
                    FROM events
                    WHERE \(condition) AND received_at < $1 AND (received_at, sequence) > ($2, $3)
                    ORDER BY received_at, sequence
                    LIMIT $4),
                counted AS (
                    SELECT received_at, sequence, sum(size) OVER (ORDER BY received_at, sequence) - size AS before
                    FROM oldest)
            SELECT \(EventRow.columns)
            FROM events
            WHERE \(condition) AND (received_at, sequence) > ($2, $3) AND (received_at, sequence) <= (
                SELECT received_at, sequence
                FROM counted
                WHERE before < $5
                ORDER BY received_at DESC, sequence DESC
                LIMIT 1)
            ORDER BY received_at, sequence
            LIMIT $4
            """,
            [
                .int(cutoff.unixSeconds), .int(last?.entry.receivedAt.unixSeconds ?? .min),
                .int(last?.sequence ?? .min), .int(Int64(limit)), .int(Int64(maxBytes)),
            ],
            decode: EventRow.stored
        )
    }

    static func purging(_ event: StoredEvent) -> SQLStatement? {
        // An event without an extract keeps its body.
        guard let removal = event.entry.removal, let extract = event.extract else { return nil }
        // The conditions are checked again: since the body was read, another run may have removed it, or a
        // rebuild may have quarantined it.
        return SQLStatement(
            """
            UPDATE events
            SET payload = $1, body_removed_at = $2, body_removed_for = 'age',
                body_archive = $3, essence = $4
            WHERE sequence = $5 AND \(condition)
            RETURNING body_size
            """,
            [
                .bytes([]), .int(removal.at.unixSeconds), .text(orNull: removal.archive),
                .bytes(extract), .int(event.sequence),
            ]
        )
    }

    /// The events of these bodies whose personal data were erased since they were read.
    static func erased(_ sequences: [Int64]) -> Query<EventKey> {
        Query(
            "SELECT id, api_version FROM events WHERE sequence = ANY($1) AND body_removed_for = 'erasure'",
            [.ints(sequences)]
        ) { EventKey(try $0.text("id"), apiVersion: try $0.text("api_version")) }
    }
}
