package import Billing
package import Database

extension SQLStore {
    package func holdings(of key: CustomerKey) async throws(StoreError) -> StoredDataSummary {
        try await query("looking for a customer") { session in
            let (ids, counts) = try session.rows(Holdings.ids(of: key), Holdings.counts(of: key))
            return StoredDataSummary(
                ids: Set(ids),
                transactions: counts.first?.transactions ?? 0,
                corrections: counts.first?.corrections ?? 0,
                tagged: counts.first?.tagged ?? 0,
                links: counts.first?.links ?? 0,
                isErased: counts.first?.isErased ?? false
            )
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
            // Only customers of the platform account have corrections and addresses.
            "UPDATE usage_corrections SET reason = NULL WHERE CAST($1 AS TEXT) = '' AND customer = $2",
            "DELETE FROM deployment_tags WHERE CAST($1 AS TEXT) = '' AND owner IN (\(Holdings.addresses))",
        ] {
            try execute(SQLStatement(statement, key.values))
        }
        let condition = "account = $1 AND kind = 'customer' AND id = $2"
        let stored = Query(
            "SELECT \(StoredObject.columns) FROM objects WHERE snapshot IS NOT NULL AND \(condition)",
            key.values,
            decode: StoredObject.read
        )
        guard let object = try row(stored) else { return }
        // An unreadable snapshot is replaced by NULL.
        let erased = object?.record.snapshot.flatMap { PersonalData.erased(from: $0.object) }
        try execute(
            SQLStatement(
                """
                UPDATE objects
                SET snapshot = $3, snapshot_size = $4, undecided = FALSE
                WHERE \(condition)
                """,
                key.values + StoredObject.values(ofSnapshot: erased.map { SnapshotCoding.encode($0) })
            )
        )
    }
}

private enum Holdings {
    /// The addresses that are, or were, the customer's.
    static let addresses = "SELECT address FROM usage_accounts WHERE customer = $2"

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
    ) -> Query<(transactions: Int, corrections: Int, tagged: Int, links: Int, isErased: Bool)> {
        Query(
            """
            SELECT
                (SELECT count(*) FROM transactions WHERE customer = $2 AND account = $1) AS transactions,
                (SELECT count(*) FROM usage_corrections WHERE customer = $2 AND reason IS NOT NULL AND $1 = '')
                    AS corrections,
                (SELECT count(*) FROM deployment_tags WHERE owner IN (\(addresses)) AND $1 = '') AS tagged,
                (SELECT count(*) FROM customer_links WHERE account = $1 AND customer = $2) AS links,
                EXISTS (SELECT 1 FROM erased_ids WHERE account = $1 AND id = $2) AS erased
            """,
            key.values
        ) { row in
            (
                Int(try row.int("transactions")), Int(try row.int("corrections")), Int(try row.int("tagged")),
                Int(try row.int("links")), try row.bool("erased")
            )
        }
    }
}
