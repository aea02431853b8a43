package import Billing
package import Database

extension SQLStore {
    package func holdings(of key: CustomerKey) async throws(StoreError) -> StoredDataSummary {
        try await query("looking for a customer") { session in
            let (ids, counts) = try session.rows(Holdings.ids(of: key), Holdings.counts(of: key))
            return StoredDataSummary(
                ids: Set(ids),
                transactions: counts.first?.transactions ?? 0,
                credits: counts.first?.credits ?? 0,
                links: counts.first?.links ?? 0,
                isErased: counts.first?.isErased ?? false
            )
        }
    }

    package func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [StoredEvent] {
        try await query("reading the log") { session in
            try session.rows(EventRow.after(sequence, limit: limit, maxBytes: 8 << 20))
        }
    }

    package func erase(_ events: [StoredEvent], at now: Instant) async throws(StoreError) -> Int {
        let erasures = events.map { event in
            SQLStatement(
                """
                UPDATE events
                SET payload = $1,
                    body_removed_at = coalesce(body_removed_at, $2), body_removed_for = 'erasure',
                    body_archive = NULL, essence = $3
                WHERE sequence = $4 AND coalesce(body_removed_for, '') <> 'erasure'
                """,
                [
                    .bytes([]), .int(now.unixSeconds), .bytes(orNull: event.erased(at: now).extract),
                    .int(event.sequence),
                ]
            )
        }
        return try await execute("erasing events", repeats: true, erasures).reduce(0, +)
    }
}

extension SQLStore {
    /// The payments of a marked customer.
    package func payments(ofErased key: CustomerKey) async throws(StoreError) -> [Int64] {
        try await query("looking for payments") { session in
            try session.rows(
                Query(
                    """
                    SELECT DISTINCT o.payment
                    FROM erased_ids e
                    JOIN objects o ON o.account = e.account AND o.id = e.id AND o.kind <> 'customer'
                    WHERE e.account = $1 AND e.customer = $2
                    """,
                    key.values
                ) { try $0.int("payment") }
            )
        }
    }
}

extension Session {
    /// Erases a customer's data outside the log and the payments.
    package func erase(_ key: CustomerKey) throws {
        for statement in [
            "UPDATE customers SET console_user = NULL WHERE account = $1 AND id = $2",
            "DELETE FROM customer_links WHERE account = $1 AND customer = $2",
            // Only customers of the platform account have credits.
            "UPDATE credits SET description = NULL WHERE CAST($1 AS TEXT) = '' AND customer = $2",
        ] {
            try execute(SQLStatement(statement, key.values))
        }
        let condition = "account = $1 AND kind = 'customer' AND id = $2"
        let stored = Query(
            "SELECT snapshot FROM objects WHERE snapshot IS NOT NULL AND \(condition)",
            key.values
        ) { row in try row.decode("snapshot") { try? SnapshotCoding.decode($0) } }
        guard let snapshot = try row(stored) else { return }
        // An unreadable snapshot is replaced by NULL.
        let erased = snapshot.flatMap { PersonalData.erased(from: $0) }.map { SnapshotCoding.encode($0) }
        try execute(
            SQLStatement(
                "UPDATE objects SET snapshot = $3, undecided = FALSE WHERE \(condition)",
                key.values + [.bytes(orNull: erased)]
            )
        )
    }
}

private enum Holdings {
    static func ids(of key: CustomerKey) -> Query<String> {
        Query(
            """
            SELECT o.id
            FROM objects o
            WHERE o.account = $1 AND o.payment IN (
                SELECT t.payment FROM transactions t WHERE t.customer = $2 AND t.account = $1)
            UNION
            SELECT e.id FROM erased_ids e WHERE e.account = $1 AND e.customer = $2
            """,
            key.values
        ) { try $0.text("id") }
    }

    static func counts(
        of key: CustomerKey
    ) -> Query<(transactions: Int, credits: Int, links: Int, isErased: Bool)> {
        Query(
            """
            SELECT
                (SELECT count(*) FROM transactions WHERE customer = $2 AND account = $1) AS transactions,
                (SELECT count(*) FROM credits WHERE customer = $2 AND description IS NOT NULL AND $1 = '') AS credits,
                (SELECT count(*) FROM customer_links WHERE account = $1 AND customer = $2) AS links,
                EXISTS (SELECT 1 FROM erased_ids WHERE account = $1 AND id = $2) AS erased
            """,
            key.values
        ) { row in
            (
                Int(try row.int("transactions")), Int(try row.int("credits")), Int(try row.int("links")),
                try row.bool("erased")
            )
        }
    }
}
