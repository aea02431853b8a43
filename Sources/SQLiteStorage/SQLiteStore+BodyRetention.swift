package import Billing
import Foundation
import GRDB
package import Storage

extension SQLiteStore {
    package func agedBodies(
        receivedBefore cutoff: Instant,
        after position: BodyPosition?,
        limit: Int,
        maxBytes: Int
    ) async throws(StoreError) -> [AgedBody] {
        try await read("looking for old bodies") { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT \(Self.loggedColumns)
                    FROM events
                    WHERE body_removed_at IS NULL AND received_at < ? AND (received_at, sequence) > (?, ?)
                        AND disposition <> 'quarantined'
                    ORDER BY received_at, sequence
                    LIMIT ?
                    """,
                arguments: [
                    cutoff.unixSeconds, position?.receivedAt.unixSeconds ?? .min, position?.sequence ?? 0,
                    limit,
                ]
            )
            var bodies: [AgedBody] = []
            var bytes = 0
            while bytes < maxBytes, let row = try rows.next() {
                let event = Self.logged(row)
                let position = BodyPosition(receivedAt: event.entry.receivedAt, sequence: row["sequence"])
                bodies.append(AgedBody(position: position, event: event))
                bytes += event.entry.size
            }
            return bodies
        }
    }

    package func remove(
        _ bodies: [RemovableBody],
        at now: Instant
    ) async throws(StoreError)
        -> RemovedBodies
    {
        try await write("letting go of old bodies") { db in
            let size = try db.cachedStatement(
                sql: """
                    SELECT length(payload)
                    FROM events
                    WHERE sequence = ? AND body_removed_at IS NULL AND disposition <> 'quarantined'
                    """
            )
            let removal = try db.cachedStatement(
                sql: """
                    UPDATE events
                    SET payload = X'', body_removed_at = ?, body_removed_for = 'age', body_size = ?,
                        body_archive = ?, essence = ?
                    WHERE sequence = ?
                    """
            )
            var removed = RemovedBodies()
            for body in bodies {
                // The conditions are checked again: since the body was read, another run may have removed it,
                // or a rebuild may have quarantined it.
                guard let found = try Int.fetchOne(size, arguments: [body.sequence]) else {
                    removed.erased.formUnion(try Self.erasedEvent(body.sequence, db))
                    continue
                }
                try removal.execute(
                    arguments: [now.unixSeconds, found, body.archive, Data(body.essence), body.sequence]
                )
                removed.bytes += found
            }
            return removed
        }
    }

    private static func erasedEvent(_ sequence: Int64, _ db: Database) throws -> [EventKey] {
        let sql = "SELECT id, api_version FROM events WHERE sequence = ? AND body_removed_for = 'erasure'"
        return try Row.fetchAll(db, sql: sql, arguments: [sequence]).map {
            EventKey($0[0], apiVersion: $0[1])
        }
    }

    package func oldestBody() async throws(StoreError) -> Instant? {
        try await read("looking for the oldest body") { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT received_at
                    FROM events
                    WHERE body_removed_at IS NULL AND disposition <> 'quarantined'
                    ORDER BY received_at
                    LIMIT 1
                    """
            ).map(Instant.init(unixSeconds:))
        }
    }
}
