package import Billing
import Foundation
import GRDB
package import Storage
import Synchronization

extension SQLiteStore {
    package func record(_ delivered: DeliveredEvent) async throws(StoreError) -> RecordOutcome {
        try await eventWriter.record(PreparedEvent(delivered, projection: projection))
    }

    package func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>? {
        try await read("listing events") { db in
            var conditions: [String] = []
            var arguments: StatementArguments = []
            if let type = query.type {
                // `charge.*` names a family of types, as in the `type` parameter of
                // https://docs.stripe.com/api/events/list
                if type.hasSuffix("*") {
                    conditions.append("substr(type, 1, ?) = ?")
                    arguments += [type.count - 1, String(type.dropLast())]
                } else {
                    conditions.append("type = ?")
                    arguments += [type]
                }
            }
            if let disposition = query.disposition {
                // The value is part of the SQL text instead of bound, so that the planner can use its partial
                // index.
                conditions.append("disposition = '\(disposition.rawValue)'")
            }
            if let source = query.source {
                conditions.append("source = ?")
                arguments += [source.rawValue]
            }
            if let object = query.objectID {
                conditions.append("object_id = ?")
                arguments += [object]
            }
            if let account = query.account {
                conditions.append("account = ?")
                arguments += [account]
            }
            if let livemode = query.livemode {
                conditions.append("livemode = ?")
                arguments += [livemode]
            }
            if let from = query.receivedFrom {
                conditions.append("received_at >= ?")
                arguments += [from.unixSeconds]
            }
            if let through = query.receivedThrough {
                conditions.append("received_at <= ?")
                arguments += [through.unixSeconds]
            }
            let isBackwards = query.startingAfter == nil && query.endingBefore != nil
            if let cursor = query.startingAfter ?? query.endingBefore {
                guard let row = try Self.entry(namedBy: cursor, db) else { return nil }
                let beyond = isBackwards ? ">" : "<"
                if query.isByTime {
                    conditions.append("(received_at, sequence) \(beyond) (?, ?)")
                    arguments += [row["received_at"] as Int64]
                } else {
                    conditions.append("sequence \(beyond) ?")
                }
                arguments += [row["sequence"] as Int64]
            }
            arguments += [query.limit + 1]
            let direction = isBackwards ? "ASC" : "DESC"
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.entryColumns)
                    FROM events
                    \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
                    ORDER BY \(query.isByTime ? "received_at \(direction), " : "")sequence \(direction)
                    LIMIT ?
                    """,
                arguments: arguments
            )
            let entries = rows.prefix(query.limit).map(Self.entry)
            return Page(
                elements: isBackwards ? entries.reversed() : Array(entries),
                hasMore: rows.count > query.limit
            )
        }
    }

    package func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally] {
        try await read("counting events") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT source, disposition, count(*) AS events
                    FROM events
                    WHERE received_at >= ?
                    GROUP BY source, disposition
                    """,
                arguments: [receivedFrom?.unixSeconds ?? .min]
            )
            .compactMap { row in
                guard let source = EventSource(rawValue: row["source"]),
                    let disposition = EventEntry.Disposition(rawValue: row["disposition"])
                else { return nil }
                return EventTally(source: source, disposition: disposition, events: row["events"])
            }
        }
    }

    package func renderings(of id: String) async throws(StoreError) -> [LoggedEvent] {
        try await read("reading an event") { db in try Self.renderings(of: id, db).map(Self.logged) }
    }

    static func renderings(of id: String, _ db: Database) throws -> [Row] {
        let sql = "SELECT \(loggedColumns) FROM events WHERE id = ? ORDER BY sequence"
        return try Row.fetchAll(db, sql: sql, arguments: [id])
    }

    /// The time of receipt and the number of the entry that a cursor names.
    ///
    /// - Returns: `nil` if the cursor names no entry, or several.
    private static func entry(namedBy cursor: String, _ db: Database) throws -> Row? {
        let sql = """
            SELECT received_at, sequence
            FROM events
            WHERE id = ?1 AND api_version = coalesce(?2, api_version)
            LIMIT 2
            """
        for (id, version) in EventKey.readings(of: cursor) {
            let rows = try Row.fetchAll(db, sql: sql, arguments: [id, version])
            if rows.count == 1 { return rows[0] }
        }
        return nil
    }

    private static let entryColumns = """
        id, type, created, received_at, livemode, account, nullif(api_version, '') AS api_version, source,
        disposition, reason, object_id, coalesce(body_size, length(payload)) AS size, body_removed_at, body_removed_for, body_archive
        """

    /// The columns that ``logged(_:)`` reads.
    static let loggedColumns = entryColumns + ", sequence, payload, essence"

    @Sendable
    static func logged(_ row: Row) -> LoggedEvent {
        let payload: Data = row["payload"]
        let essence: Data? = row["essence"]
        return LoggedEvent(entry: entry(row), payload: Array(payload), essence: essence.map { Array($0) })
    }

    @Sendable
    private static func entry(_ row: Row) -> EventEntry {
        EventEntry(
            id: row["id"],
            type: row["type"],
            created: (row["created"] as Int64?).map(Instant.init(unixSeconds:)),
            receivedAt: Instant(unixSeconds: row["received_at"]),
            livemode: row["livemode"],
            account: row["account"],
            apiVersion: row["api_version"],
            source: EventSource(rawValue: row["source"]) ?? .webhook,
            disposition: EventEntry.Disposition(rawValue: row["disposition"]) ?? .ignored,
            reason: row["reason"],
            objectID: row["object_id"],
            size: row["size"],
            removal: removal(row)
        )
    }

    private static func removal(_ row: Row) -> BodyRemoval? {
        guard let at = row["body_removed_at"] as Int64? else { return nil }
        let cause = (row["body_removed_for"] as String?).flatMap(BodyRemoval.Cause.init)
        return BodyRemoval(at: Instant(unixSeconds: at), cause: cause ?? .age, archive: row["body_archive"])
    }
}
