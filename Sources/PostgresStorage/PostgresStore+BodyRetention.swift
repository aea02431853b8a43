package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func agedBodies(
        receivedBefore cutoff: Instant,
        after position: BodyPosition?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [AgedBody] {
        try await run("looking for old bodies") { connection throws(PostgresFailure) in
            // The server adds up the sizes, because it knows the size of a body without reading the body.
            let rows = try connection.execute(
                Command(
                    """
                    SELECT \(Self.loggedColumns)
                    FROM (
                        SELECT *, sum(octet_length(payload)) OVER (ORDER BY received_at, sequence)
                            - octet_length(payload) AS before
                        FROM (
                            SELECT *
                            FROM events
                            WHERE body_removed_at IS NULL AND received_at < $1
                                AND (received_at, sequence) > ($2, $3) AND disposition <> 'quarantined'
                            ORDER BY received_at, sequence
                            LIMIT $4) AS oldest) AS counted
                    WHERE before < $5
                    ORDER BY received_at, sequence
                    """,
                    [
                        .int(cutoff.unixSeconds), .int(position?.receivedAt.unixSeconds ?? .min),
                        .int(position?.sequence ?? .min), .int(Int64(limit)), .int(Int64(maxBytes)),
                    ]
                )
            )
            return (0..<rows.count).map { row in
                let event = Self.logged(rows, row)
                return AgedBody(
                    position: BodyPosition(
                        receivedAt: event.entry.receivedAt,
                        sequence: Self.sequence(rows, row)
                    ),
                    event: event
                )
            }
        }
    }

    package func remove(
        _ bodies: [RemovableBody],
        at now: Instant
    ) async throws(StoreError)
        -> RemovedBodies
    {
        try await run("letting go of old bodies") { connection throws(PostgresFailure) in
            // The conditions are checked again: since the bodies were read, another replica may have removed
            // one, or a rebuild may have quarantined one.
            let rows = try connection.execute(
                Command(
                    """
                    WITH removed AS (
                        UPDATE events e
                        SET payload = ''::bytea, body_removed_at = $4, body_removed_for = 'age',
                            body_size = octet_length(e.payload), body_archive = b.archive, essence = b.essence
                        FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS b (sequence, archive, essence)
                        WHERE e.sequence = b.sequence AND e.body_removed_at IS NULL
                            AND e.disposition <> 'quarantined'
                        RETURNING e.body_size)
                    SELECT coalesce(sum(body_size), 0)::bigint FROM removed
                    """,
                    [
                        .ints(bodies.map(\.sequence)), .texts(bodies.map(\.archive)),
                        .byteStrings(bodies.map(\.essence)), .int(now.unixSeconds),
                    ]
                )
            )
            let erased = try connection.execute(
                Command(
                    """
                    SELECT id, api_version
                    FROM events
                    WHERE sequence = ANY($1) AND body_removed_for = 'erasure'
                    """,
                    [.ints(bodies.map(\.sequence))]
                )
            )
            return RemovedBodies(
                bytes: rows.count == 1 ? Int(rows.int(0, 0)) : 0,
                erased: Set(erased.map { EventKey(erased.text($0, 0), apiVersion: erased.text($0, 1)) })
            )
        }
    }

    package func oldestBody() async throws(StoreError) -> Instant? {
        try await run("looking for the oldest body") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT received_at
                    FROM events
                    WHERE body_removed_at IS NULL AND disposition <> 'quarantined'
                    ORDER BY received_at, sequence
                    LIMIT 1
                    """
                )
            )
            return rows.count == 1 ? Instant(unixSeconds: rows.int(0, 0)) : nil
        }
    }
}
