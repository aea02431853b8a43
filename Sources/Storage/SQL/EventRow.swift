import Billing
package import Database

/// The columns of the log, and how an event is read of them.
package enum EventRow {
    static let entryColumns = """
        id, type, created, received_at, livemode, account, nullif(api_version, '') AS api_version, source,
        disposition, reason, object_id, body_size, body_removed_at,
        body_removed_for, body_archive
        """

    /// The columns that `stored(_:)` reads.
    package static let columns = entryColumns + ", sequence, payload, essence"

    /// The columns of a new event; the others are for what happens to it later.
    package static let insertedColumns = StoreTable.events.columns.filter { column in
        !["sequence", "body_archive"].contains(column.name)
    }

    /// The values of ``insertedColumns``.
    package static func values(_ incoming: IncomingEvent) -> [SQLValue] {
        let event = incoming.event
        return [
            .text(event.id), .text(event.type), .int(orNull: event.created?.unixSeconds),
            .int(incoming.receivedAt.unixSeconds), .bool(event.livemode), .text(orNull: event.account),
            .text(event.key.apiVersion), .text(incoming.source.rawValue),
            .text(incoming.disposition.rawValue), .text(orNull: incoming.reason),
            .text(orNull: incoming.objectID), .bytes(incoming.storedPayload), .int(Int64(incoming.size)),
            .int(orNull: incoming.removal?.at.unixSeconds), .text(orNull: incoming.removal?.cause.rawValue),
            .bytes(orNull: incoming.extract),
        ]
    }

    /// Reads ``columns``.
    @Sendable
    package static func stored(_ row: SQLRow) throws -> StoredEvent {
        let entry = try entry(row)
        return StoredEvent(
            sequence: try row.int("sequence"),
            entry: entry,
            payload: entry.removal == nil ? try row.compressed("payload", size: entry.size) : [],
            extract: try row.optionalBytes("essence")
        )
    }

    /// Reads ``entryColumns``.
    @Sendable
    static func entry(_ row: SQLRow) throws -> EventEntry {
        EventEntry(
            id: try row.text("id"),
            type: try row.text("type"),
            created: try row.optionalInt("created").map(Instant.init(unixSeconds:)),
            receivedAt: Instant(unixSeconds: try row.int("received_at")),
            livemode: try row.bool("livemode"),
            account: try row.optionalText("account"),
            apiVersion: try row.optionalText("api_version"),
            source: EventSource(rawValue: try row.text("source")) ?? .webhook,
            disposition: EventEntry.Disposition(rawValue: try row.text("disposition")) ?? .ignored,
            reason: try row.optionalText("reason"),
            objectID: try row.optionalText("object_id"),
            size: Int(clamping: try row.int("body_size")),
            removal: try removal(row)
        )
    }

    private static func removal(_ row: SQLRow) throws -> BodyRemoval? {
        guard let at = try row.optionalInt("body_removed_at") else { return nil }
        return BodyRemoval(
            at: Instant(unixSeconds: at),
            cause: try row.optionalText("body_removed_for").flatMap(BodyRemoval.Cause.init) ?? .age,
            archive: try row.optionalText("body_archive")
        )
    }

    /// One event in each API version in which it was recorded, in the order of the log.
    package static func renderings(of id: String) -> Query<StoredEvent> {
        Query("SELECT \(columns) FROM events WHERE id = $1 ORDER BY sequence", [.text(id)], decode: stored)
    }

    /// The events after a number, in the order of the log.
    package static func after(_ sequence: Int64, limit: Int) -> Query<StoredEvent> {
        Query(
            "SELECT \(columns) FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2",
            [.int(sequence), .int(Int64(limit))],
            decode: stored
        )
    }

    /// The events after a number, until their bodies have that size together.
    static func after(_ sequence: Int64, limit: Int, maxBytes: Int) -> Query<StoredEvent> {
        Query(
            """
            WITH
                next AS (
                    SELECT sequence, CAST(body_size AS INTEGER) AS size
                    FROM events
                    WHERE sequence > $1
                    ORDER BY sequence
                    LIMIT $2),
                counted AS (
                    SELECT sequence, sum(size) OVER (ORDER BY sequence) - size AS before
                    FROM next)
            SELECT \(columns)
            FROM events
            WHERE sequence > $1 AND sequence <= (SELECT max(sequence) FROM counted WHERE before < $3)
            ORDER BY sequence
            """,
            [.int(sequence), .int(Int64(limit)), .int(Int64(maxBytes))],
            decode: stored
        )
    }
}
