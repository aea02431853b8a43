import GRDB
package import Storage

extension SQLiteStore {
    package func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey] {
        try await read("finding a customer") { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT l.account, l.customer
                    FROM customer_links l
                    WHERE l.kind = :kind AND l.identity = :id AND l.origin = (
                        SELECT min(b.origin)
                        FROM customer_links b
                        WHERE b.account = l.account AND b.customer = l.customer AND b.kind = l.kind)
                    UNION
                    SELECT c.account, c.id
                    FROM customers c
                    WHERE :kind = 'user' AND c.account = '' AND c.console_user = :id AND NOT EXISTS (
                        SELECT 1 FROM customer_links b WHERE b.account = '' AND b.customer = c.id AND b.kind = 'user')
                    ORDER BY 1, 2
                    LIMIT :limit
                    """
            )
            let rows = try Row.fetchAll(
                statement,
                arguments: [
                    "kind": identity.kind.rawValue, "id": identity.id, "limit": Self.maximumCustomers,
                ]
            )
            return rows.map { CustomerKey($0[1], account: ($0[0] as String).orNil) }
        }
    }

    package func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks? {
        try await read("reading links") { db in
            var stated = try Self.statedLinks(of: customer, db)
            let sql = "SELECT console_user FROM customers WHERE account = ? AND id = ?"
            let told = try Row.fetchOne(db, sql: sql, arguments: customer.arguments)
            if customer.account == nil, let user = told?[0] as String? {
                stated[.stripe] = [.user: [user]]
            }
            guard try !stated.isEmpty || told != nil || Self.isNamed(customer, db) else { return nil }
            return CustomerLinks(customer, stated)
        }
    }

    /// Whether a transaction, an address or a credit names a customer.
    private static func isNamed(_ customer: CustomerKey, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM transactions WHERE account = :account AND customer = :id)
                    OR :account = '' AND (
                        EXISTS (SELECT 1 FROM usage_accounts WHERE customer = :id)
                        OR EXISTS (SELECT 1 FROM credits WHERE customer = :id))
                """,
            arguments: ["account": customer.account ?? "", "id": customer.customer]
        ) ?? false
    }

    private static func statedLinks(
        of customer: CustomerKey,
        _ db: Database
    ) throws -> [LinkOrigin: StatedLinks] {
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT origin, kind, identity FROM customer_links WHERE account = ? AND customer = ?",
            arguments: customer.arguments
        )
        return StatedLinks.byOrigin(rows.map { ($0[0], $0[1], $0[2]) })
    }

    package func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome {
        try await write("putting links") { [marks] db in
            guard marks.marked(among: [customer.customer], account: customer.account).isEmpty else {
                return .erased
            }
            guard try Self.statedLinks(of: customer, db)[origin] ?? [:] != stated else { return .unchanged }
            try db.execute(
                sql: "DELETE FROM customer_links WHERE account = ? AND customer = ? AND origin = ?",
                arguments: customer.arguments + [origin.rawValue]
            )
            for (kind, identity) in stated.rows {
                try db.execute(
                    sql: """
                        INSERT INTO customer_links (account, customer, origin, kind, identity)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: customer.arguments + [origin.rawValue, kind.rawValue, identity]
                )
            }
            return .changed
        }
    }

    package func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey] {
        try await read("listing customers") { db in
            let ids = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM customers WHERE account = :account AND id > :after
                    UNION
                    SELECT customer FROM customer_links WHERE account = :account AND customer > :after
                    ORDER BY 1
                    LIMIT :limit
                    """,
                arguments: ["account": account ?? "", "after": customer ?? "", "limit": limit]
            )
            return ids.map { CustomerKey($0, account: account) }
        }
    }
}

extension CustomerKey {
    fileprivate var arguments: StatementArguments { [account ?? "", customer] }
}
