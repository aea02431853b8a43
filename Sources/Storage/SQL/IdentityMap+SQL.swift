import Database

extension SQLStore {
    package func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey] {
        try await query("finding a customer") { try $0.rows(Links.customers(of: identity)) }
    }

    package func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks? {
        try await query("reading links") { session in
            let (rows, users, isNamed) = try session.rows(
                Links.stated(of: customer),
                Links.user(of: customer),
                Links.isNamed(customer)
            )
            var stated = StatedLinks.byOrigin(rows)
            if customer.account == nil, let user = users.first ?? nil {
                stated[.stripe] = [.user: [user]]
            }
            guard !stated.isEmpty || !users.isEmpty || isNamed.first == true else { return nil }
            return CustomerLinks(customer, stated)
        }
    }

    package func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome {
        // Takes the lock that erasures take: an erasure marks a customer before it deletes the customer's
        // links.
        try await transaction("storing links", under: .events, repeats: false) { session in
            let (rows, marks) = try session.rows(Links.stated(of: customer), Links.marks(of: customer))
            if !marks.isEmpty { return .erased }
            if StatedLinks.byOrigin(rows)[origin] ?? [:] == stated { return .unchanged }
            try session.runLater(Links.replacing(stated, of: customer, from: origin))
            return .changed
        }
    }

    package func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey] {
        try await query("listing customers") { session in
            try session.rows(
                Query(
                    """
                    SELECT id FROM customers WHERE account = $1 AND id > $2
                    UNION
                    SELECT customer FROM customer_links WHERE account = $1 AND customer > $2
                    ORDER BY 1
                    LIMIT $3
                    """,
                    [.text(account ?? ""), .text(customer ?? ""), .int(Int64(limit))],
                    isPrepared: false
                ) { CustomerKey(try $0.text("id"), account: account) }
            )
        }
    }
}

private enum Links {
    static func customers(of identity: Identity) -> Query<CustomerKey> {
        Query(
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
            WHERE $1 = 'user' AND c.account = '' AND c.console_user = $2 AND NOT EXISTS (
                SELECT 1 FROM customer_links b WHERE b.account = '' AND b.customer = c.id AND b.kind = 'user')
            ORDER BY 1, 2
            LIMIT $3
            """,
            [.text(identity.kind.rawValue), .text(identity.id), .int(Int64(maximumCustomers))]
        ) { CustomerKey(try $0.text("customer"), account: try $0.text("account").orNil) }
    }

    static func stated(of customer: CustomerKey) -> Query<(origin: String, kind: String, identity: String)> {
        Query(
            "SELECT origin, kind, identity FROM customer_links WHERE account = $1 AND customer = $2",
            customer.values
        ) { (try $0.text("origin"), try $0.text("kind"), try $0.text("identity")) }
    }

    /// The user in the metadata of a customer that an event has shown.
    static func user(of customer: CustomerKey) -> Query<String?> {
        Query("SELECT console_user FROM customers WHERE account = $1 AND id = $2", customer.values) {
            try $0.optionalText("console_user")
        }
    }

    /// Whether a transaction or an address names a customer.
    static func isNamed(_ customer: CustomerKey) -> Query<Bool> {
        Query(
            """
            SELECT EXISTS (SELECT 1 FROM transactions WHERE account = $1 AND customer = $2)
                OR $1 = '' AND EXISTS (SELECT 1 FROM usage_accounts WHERE customer = $2) AS named
            """,
            customer.values
        ) { try $0.bool("named") }
    }

    static func marks(of customer: CustomerKey) -> Query<Bool> {
        Query("SELECT 1 FROM erased_ids WHERE account = $1 AND id = $2", customer.values) { _ in true }
    }

    static func replacing(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) -> [SQLStatement] {
        let key = customer.values + [.text(origin.rawValue)]
        let removal = SQLStatement(
            "DELETE FROM customer_links WHERE account = $1 AND customer = $2 AND origin = $3",
            key
        )
        return [removal]
            + stated.rows.map { kind, identity in
                SQLStatement(
                    """
                    INSERT INTO customer_links (account, customer, origin, kind, identity)
                    VALUES ($1, $2, $3, $4, $5)
                    """,
                    key + [.text(kind.rawValue), .text(identity)]
                )
            }
    }

    private static let maximumCustomers = 1000
}

extension CustomerKey {
    /// The account and the id, for `$1` and `$2`.
    var values: [SQLValue] { [.text(account ?? ""), .text(customer)] }
}
