package import Billing
import Database

extension SQLStore {
    package func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>? {
        try await self.query("listing events") { session in
            var conditions = Conditions(query)
            let isBackwards = query.startingAfter == nil && query.endingBefore != nil
            if let cursor = query.startingAfter ?? query.endingBefore {
                guard let position = try Entries.position(namedBy: cursor, session) else { return nil }
                let beyond = isBackwards ? ">" : "<"
                if query.isByTime {
                    conditions.add(
                        "(received_at, sequence) \(beyond) (?, ?)",
                        .int(position.receivedAt),
                        .int(position.sequence)
                    )
                } else {
                    conditions.add("sequence \(beyond) ?", .int(position.sequence))
                }
            }
            let direction = isBackwards ? "ASC" : "DESC"
            let limit = session.dialect.number(query.limit + 1, in: &conditions)
            let rows = try session.rows(
                Query(
                    """
                    SELECT \(EventRow.entryColumns)
                    FROM events
                    \(conditions.clause)
                    ORDER BY \(query.isByTime ? "received_at \(direction), " : "")sequence \(direction)
                    LIMIT \(limit)
                    """,
                    conditions.values,
                    isPrepared: false,
                    decode: EventRow.entry
                )
            )
            let entries = Array(rows.prefix(query.limit))
            return Page(
                elements: isBackwards ? entries.reversed() : entries,
                hasMore: rows.count > query.limit
            )
        }
    }

    package func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally] {
        try await query("counting events") { session in
            try session.rows(Entries.tallies(receivedFrom: receivedFrom)).compactMap { $0 }
        }
    }

    package func renderings(of id: String) async throws(StoreError) -> [StoredEvent] {
        try await query("reading an event") { try $0.rows(EventRow.renderings(of: id)) }
    }

    package func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [StoredEvent] {
        try await query("reading the log") { session in
            try session.rows(EventRow.after(sequence, limit: limit, maxBytes: 8 << 20))
        }
    }

    package func lastSequence() async throws(StoreError) -> Int64 {
        let last = Query("SELECT coalesce(max(sequence), 0) AS last FROM events") { try $0.int("last") }
        return try await query("reading the end of the log") { try $0.row(last) ?? 0 }
    }
}

private enum Entries {
    /// The position of the entry that a cursor names.
    ///
    /// - Returns: `nil` if the cursor names no entry, or several.
    static func position(
        namedBy cursor: String,
        _ session: any Session
    ) throws -> (receivedAt: Int64, sequence: Int64)? {
        for (id, version) in EventKey.readings(of: cursor) {
            let rows = try session.rows(
                Query(
                    """
                    SELECT received_at, sequence
                    FROM events
                    WHERE id = $1 AND api_version = coalesce($2, api_version)
                    LIMIT 2
                    """,
                    [.text(id), .text(orNull: version)]
                ) { (receivedAt: try $0.int("received_at"), sequence: try $0.int("sequence")) }
            )
            if rows.count == 1 { return rows[0] }
        }
        return nil
    }

    /// The tallies; `nil` for a source or a disposition that this version does not know.
    static func tallies(receivedFrom: Instant?) -> Query<EventTally?> {
        Query(
            """
            SELECT source, disposition, count(*) AS events
            FROM events
            WHERE received_at >= $1
            GROUP BY source, disposition
            """,
            [.int(receivedFrom?.unixSeconds ?? .min)]
        ) { row in
            guard let source = EventSource(rawValue: try row.text("source")),
                let disposition = EventEntry.Disposition(rawValue: try row.text("disposition"))
            else { return nil }
            return EventTally(
                source: source,
                disposition: disposition,
                events: Int(try row.int("events"))
            )
        }
    }
}

extension Conditions {
    fileprivate init(_ query: EventQuery) {
        self.init()
        if let type = query.type {
            // `charge.*` names a family of types, as in the `type` parameter of
            // https://docs.stripe.com/api/events/list
            if type.hasSuffix("*") {
                let prefix = SQLValue.text(String(type.dropLast()))
                add("substr(type, 1, length(CAST(? AS TEXT))) = ?", prefix, prefix)
            } else {
                add("type = ?", .text(type))
            }
        }
        if let disposition = query.disposition {
            // The value is part of the SQL text instead of bound, so that the planner can use its partial
            // index.
            add("disposition = '\(disposition.rawValue)'")
        }
        if let source = query.source { add("source = ?", .text(source.rawValue)) }
        if let object = query.objectID { add("object_id = ?", .text(object)) }
        if let account = query.account { add("account = ?", .text(account)) }
        if let livemode = query.livemode { add("livemode = ?", .bool(livemode)) }
        if let from = query.receivedFrom { add("received_at >= ?", .int(from.unixSeconds)) }
        if let through = query.receivedThrough { add("received_at <= ?", .int(through.unixSeconds)) }
    }
}
