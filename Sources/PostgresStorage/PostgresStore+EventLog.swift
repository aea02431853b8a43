package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func record(_ delivered: DeliveredEvent) async throws(StoreError) -> RecordOutcome {
        try await writer.record(PreparedEvent(delivered, projection: projection))
    }

    package func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>? {
        let isBackwards = query.startingAfter == nil && query.endingBefore != nil
        return try await run("listing events") { connection throws(PostgresFailure) in
            var conditions = Conditions()
            if let type = query.type {
                // `charge.*` names a family of types, as in the `type` parameter of
                // https://docs.stripe.com/api/events/list
                if type.hasSuffix("*") {
                    conditions.add("starts_with(type, ?)", .text(String(type.dropLast())))
                } else {
                    conditions.add("type = ?", .text(type))
                }
            }
            if let disposition = query.disposition {
                // The value is part of the SQL text instead of bound, so that the planner can use its partial
                // index.
                conditions.add("disposition = '\(disposition.rawValue)'")
            }
            if let source = query.source { conditions.add("source = ?", .text(source.rawValue)) }
            if let object = query.objectID { conditions.add("object_id = ?", .text(object)) }
            if let account = query.account { conditions.add("account = ?", .text(account)) }
            if let livemode = query.livemode { conditions.add(livemode ? "livemode" : "NOT livemode") }
            if let from = query.receivedFrom { conditions.add("received_at >= ?", .int(from.unixSeconds)) }
            if let through = query.receivedThrough {
                conditions.add("received_at <= ?", .int(through.unixSeconds))
            }
            if let cursor = query.startingAfter ?? query.endingBefore {
                guard let found = try Self.entry(namedBy: cursor, connection) else { return nil }
                let beyond = isBackwards ? ">" : "<"
                let (receivedAt, sequence) = (Parameter.int(found.int(0, 0)), Parameter.int(found.int(0, 1)))
                if query.isByTime {
                    conditions.add("(received_at, sequence) \(beyond) (?, ?)", receivedAt, sequence)
                } else {
                    conditions.add("sequence \(beyond) ?", sequence)
                }
            }
            let direction = isBackwards ? "ASC" : "DESC"
            let rows = try connection.execute(
                conditions.command { condition in
                    """
                    SELECT \(Self.entryColumns)
                    FROM events
                    \(condition)
                    ORDER BY \(query.isByTime ? "received_at \(direction), " : "")sequence \(direction)
                    LIMIT \(query.limit + 1)
                    """
                }
            )
            let entries = (0..<min(rows.count, query.limit)).map { Self.entry(rows, $0) }
            return Page(
                elements: isBackwards ? entries.reversed() : entries,
                hasMore: rows.count > query.limit
            )
        }
    }

    package func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally] {
        try await run("counting events") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT source, disposition, count(*)
                    FROM events
                    WHERE received_at >= $1
                    GROUP BY source, disposition
                    """,
                    [.int(receivedFrom?.unixSeconds ?? .min)]
                )
            )
            return (0..<rows.count).compactMap { row in
                guard let source = EventSource(rawValue: rows.text(row, 0)),
                    let disposition = EventEntry.Disposition(rawValue: rows.text(row, 1))
                else { return nil }
                return EventTally(source: source, disposition: disposition, events: Int(rows.int(row, 2)))
            }
        }
    }

    package func renderings(of id: String) async throws(StoreError) -> [LoggedEvent] {
        try await run("reading an event") { connection throws(PostgresFailure) in
            let rows = try connection.execute(Self.renderings(of: id))
            return rows.map { Self.logged(rows, $0) }
        }
    }

    static func renderings(of id: String) -> Command {
        Command("SELECT \(loggedColumns) FROM events WHERE id = $1 ORDER BY sequence", [.text(id)])
    }

    /// The time of receipt and the number of the entry that a cursor names.
    ///
    /// - Returns: `nil` if the cursor names no entry, or several.
    private static func entry(
        namedBy cursor: String,
        _ connection: PostgresConnection
    ) throws(PostgresFailure) -> Rows? {
        for (id, version) in EventKey.readings(of: cursor) {
            let rows = try connection.execute(
                Command(
                    """
                    SELECT received_at, sequence
                    FROM events
                    WHERE id = $1 AND api_version = coalesce($2, api_version)
                    LIMIT 2
                    """,
                    [.text(id), .text(orNull: version)]
                )
            )
            if rows.count == 1 { return rows }
        }
        return nil
    }

    private static let entryColumns = """
        id, type, created, received_at, livemode, account, nullif(api_version, ''), source, disposition,
        reason, object_id, coalesce(body_size, octet_length(payload)), body_removed_at, body_removed_for, body_archive
        """

    /// The columns that ``logged(_:_:)`` and ``sequence(_:_:)`` read.
    static let loggedColumns = entryColumns + ", sequence, payload, essence"

    static func logged(_ rows: Rows, _ row: Int) -> LoggedEvent {
        LoggedEvent(
            entry: entry(rows, row),
            payload: rows.bytes(row, 16),
            essence: rows.isNull(row, 17) ? nil : rows.bytes(row, 17)
        )
    }

    static func sequence(_ rows: Rows, _ row: Int) -> Int64 { rows.int(row, 15) }

    private static func entry(_ rows: Rows, _ row: Int) -> EventEntry {
        EventEntry(
            id: rows.text(row, 0),
            type: rows.text(row, 1),
            created: rows.optionalInt(row, 2).map(Instant.init(unixSeconds:)),
            receivedAt: Instant(unixSeconds: rows.int(row, 3)),
            livemode: rows.bool(row, 4),
            account: rows.optionalText(row, 5),
            apiVersion: rows.optionalText(row, 6),
            source: EventSource(rawValue: rows.text(row, 7)) ?? .webhook,
            disposition: EventEntry.Disposition(rawValue: rows.text(row, 8)) ?? .ignored,
            reason: rows.optionalText(row, 9),
            objectID: rows.optionalText(row, 10),
            size: Int(rows.int(row, 11)),
            removal: removal(rows, row)
        )
    }

    private static func removal(_ rows: Rows, _ row: Int) -> BodyRemoval? {
        guard let at = rows.optionalInt(row, 12) else { return nil }
        return BodyRemoval(
            at: Instant(unixSeconds: at),
            cause: rows.optionalText(row, 13).flatMap(BodyRemoval.Cause.init) ?? .age,
            archive: rows.optionalText(row, 14)
        )
    }
}

/// The conditions of a query that is built for each call.
struct Conditions {
    private var texts: [String] = []
    private(set) var parameters: [Parameter] = []

    /// Adds a condition, with a `?` for each value.
    mutating func add(_ condition: String, _ values: Parameter...) { add(condition, values) }

    mutating func add(_ condition: String, _ values: [Parameter]) {
        var text = ""
        for character in condition {
            guard character == "?" else {
                text.append(character)
                continue
            }
            text += "$\(parameters.count + text.count { $0 == "$" } + 1)"
        }
        texts.append(text)
        parameters += values
    }

    func command(_ sql: (_ condition: String) -> String) -> Command {
        let condition = texts.isEmpty ? "" : "WHERE " + texts.joined(separator: " AND ")
        return Command(sql(condition), parameters, isPrepared: false)
    }
}
