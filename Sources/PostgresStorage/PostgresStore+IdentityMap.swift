import PostgresClient
package import Storage

extension PostgresStore {
    package func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey] {
        try await run("finding a customer") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT l.account, l.customer
                    FROM customer_links l
                    WHERE l.kind = $1 AND l.identity = $2 AND l.origin = (
                        SELECT min(b.origin)
                        FROM customer_links b
                        WHERE b.account = l.account AND b.customer = l.customer AND b.kind = l.kind)
                    UNION
                    SELECT c.account, c.id
                    FROM customers c
                    WHERE $1 = 'user' AND c.account = '' AND c.console_user = $3 AND NOT EXISTS (
                        SELECT 1 FROM customer_links b WHERE b.account = '' AND b.customer = c.id AND b.kind = 'user')
                    ORDER BY 1, 2
                    LIMIT \(Self.maximumCustomers)
                    """,
                    [.text(identity.kind.rawValue), .text(identity.id), .bytes(Array(identity.id.utf8))]
                )
            )
            return rows.map { CustomerKey(rows.text($0, 1), account: rows.text($0, 0).orNil) }
        }
    }

    package func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks? {
        try await run("reading links") { connection throws(PostgresFailure) in
            let key = Self.parameters(customer)
            let answers = try connection.snapshot([
                Self.statedLinks(of: customer),
                Command("SELECT console_user FROM customers WHERE account = $1 AND id = $2", key),
                // Whether a transaction, an address or a credit names the customer.
                Command(
                    """
                    SELECT EXISTS (SELECT 1 FROM transactions WHERE account = $1 AND customer = $2)
                        OR $1 = '' AND (
                            EXISTS (SELECT 1 FROM usage_accounts WHERE customer = $2)
                            OR EXISTS (SELECT 1 FROM credits WHERE customer = $2))
                    """,
                    key
                ),
            ])
            guard answers.count == 3, answers[2].count == 1 else { throw .unexpected }
            var stated = Self.statedLinks(answers[0])
            let told = answers[1]
            if customer.account == nil, told.count == 1, !told.isNull(0, 0) {
                stated[.stripe] = [.user: [String(decoding: told.bytes(0, 0), as: UTF8.self)]]
            }
            guard !stated.isEmpty || told.count == 1 || answers[2].bool(0, 0) else { return nil }
            return CustomerLinks(customer, stated)
        }
    }

    package func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome {
        try await run("putting links", repeats: false) { connection throws(PostgresFailure) in
            // Takes the lock that erasures take: an erasure marks a customer before it deletes the customer's
            // links.
            try connection.transaction(reading: [
                EventStatements.turn, Self.statedLinks(of: customer),
                Command(
                    "SELECT 1 FROM erased_ids WHERE account = $1 AND id = $2",
                    Self.parameters(customer)
                ),
            ]) { answers throws(PostgresFailure) in
                guard answers.count == 3 else { throw .unexpected }
                if answers[2].count > 0 { return (.erased, writing: []) }
                if Self.statedLinks(answers[1])[origin] ?? [:] == stated { return (.unchanged, writing: []) }
                return (.changed, writing: Self.writing(stated, of: customer, from: origin))
            }
        }
    }

    package func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey] {
        try await run("listing customers") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT id FROM customers WHERE account = $1 AND id > $2
                    UNION
                    SELECT customer FROM customer_links WHERE account = $1 AND customer > $2
                    ORDER BY 1
                    LIMIT \(limit)
                    """,
                    [.text(account ?? ""), .text(customer ?? "")],
                    isPrepared: false
                )
            )
            return rows.map { CustomerKey(rows.text($0, 0), account: account) }
        }
    }

    // MARK: Statements

    private static func parameters(_ customer: CustomerKey) -> [Parameter] {
        [.text(customer.account ?? ""), .text(customer.customer)]
    }

    private static func statedLinks(of customer: CustomerKey) -> Command {
        Command(
            "SELECT origin, kind, identity FROM customer_links WHERE account = $1 AND customer = $2",
            parameters(customer)
        )
    }

    private static func statedLinks(_ rows: Rows) -> [LinkOrigin: StatedLinks] {
        StatedLinks.byOrigin(rows.map { (rows.text($0, 0), rows.text($0, 1), rows.text($0, 2)) })
    }

    private static func writing(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) -> [Command] {
        let key = parameters(customer) + [.text(origin.rawValue)]
        let rows = stated.rows
        return [
            Command("DELETE FROM customer_links WHERE account = $1 AND customer = $2 AND origin = $3", key),
            Command(
                """
                INSERT INTO customer_links (account, customer, origin, kind, identity)
                SELECT $1, $2, $3, * FROM unnest($4::text[], $5::text[])
                """,
                key + [.texts(rows.map(\.kind.rawValue)), .texts(rows.map(\.identity))]
            ),
        ]
    }
}
