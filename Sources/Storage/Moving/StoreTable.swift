/// A table of every store, described for a move from one store to another.
package struct StoreTable: Sendable {
    /// The content of a column, independent of the types of a database.
    package enum Kind: Sendable {
        case integer
        case flag
        case text
        case bytes
        /// The number of a payment, which has a meaning only within one store.
        case payment
    }

    package struct Column: Sendable {
        package let name: String
        package let kind: Kind
    }

    package let name: String
    package let columns: [Column]
    /// The columns by which a row is found, none of them NULL; a few rows may have the same values.
    package let key: [String]
    /// Whether the first column is a number that the database generates.
    package let isNumbered: Bool

    private init(_ name: String, key: [String], isNumbered: Bool = false, _ columns: [(String, Kind)]) {
        self.name = name
        self.key = key
        self.isNumbered = isNumbered
        self.columns = columns.map { Column(name: $0.0, kind: $0.1) }
    }

    package static let events = StoreTable(
        "events",
        key: ["id", "api_version"],
        isNumbered: true,
        [
            ("sequence", .integer), ("id", .text), ("type", .text), ("created", .integer),
            ("received_at", .integer), ("livemode", .flag), ("account", .text), ("api_version", .text),
            ("source", .text), ("disposition", .text), ("reason", .text), ("object_id", .text),
            ("payload", .bytes), ("body_removed_at", .integer), ("body_removed_for", .text),
            ("body_size", .integer), ("body_archive", .text), ("essence", .bytes),
        ]
    )

    package static let all = [
        events,
        StoreTable(
            "objects",
            key: ["account", "kind", "id"],
            [
                ("account", .text), ("kind", .text), ("id", .text), ("payment", .payment),
                ("snapshot", .bytes), ("shown_at", .integer), ("livemode", .flag), ("api_version", .text),
                ("links", .text), ("undecided", .flag),
            ]
        ),
        StoreTable(
            "transactions",
            key: ["id"],
            [
                ("id", .text), ("payment", .payment), ("type", .text), ("status", .text),
                ("created", .integer),
                ("customer", .text), ("currency", .text), ("search", .text), ("body", .bytes),
                ("account", .text),
            ]
        ),
        StoreTable(
            "customers",
            key: ["account", "id"],
            [("account", .text), ("id", .text), ("console_user", .text)]
        ),
        StoreTable(
            "customer_links",
            key: ["account", "customer", "kind", "origin", "identity"],
            [
                ("account", .text), ("customer", .text), ("kind", .text), ("origin", .text),
                ("identity", .text),
            ]
        ),
        StoreTable(
            "jobs",
            key: ["id"],
            isNumbered: true,
            [
                ("sequence", .integer), ("id", .text), ("kind", .text), ("topic", .text),
                ("state", .text), ("due_at", .integer), ("attempts", .integer), ("holder", .text),
                ("request", .text),
                ("progress", .text), ("reason", .text), ("created_at", .integer), ("updated_at", .integer),
                ("revision", .integer),
            ]
        ),
        StoreTable(
            "usage_calendar",
            key: ["date"],
            [
                ("date", .integer), ("first_height", .integer), ("last_height", .integer),
                ("last_height_yet", .integer), ("akt_usd", .text), ("price_source", .text), ("final", .flag),
            ]
        ),
        StoreTable(
            "usage_owners",
            key: ["owner"],
            [
                ("owner", .text), ("closed_through", .integer), ("stale_from", .integer),
                ("stale_through", .integer), ("stale_revision", .integer),
            ]
        ),
        StoreTable(
            "usage_leases",
            key: ["identity"],
            isNumbered: true,
            [
                ("sequence", .integer), ("identity", .text), ("owner", .text), ("provider", .text),
                ("provider_name", .text), ("created_height", .integer), ("end_height", .integer),
                ("record", .bytes), ("kept", .bytes),
            ]
        ),
        StoreTable(
            "usage_totals",
            key: ["owner", "grouping", "date", "name"],
            [
                ("owner", .text), ("grouping", .text), ("date", .integer), ("name", .text),
                ("totals", .bytes),
            ]
        ),
        StoreTable(
            "usage_accounts",
            key: ["customer", "address"],
            [
                ("customer", .text), ("address", .text), ("valid_from", .integer),
                ("valid_through", .integer),
            ]
        ),
        StoreTable(
            "credits",
            key: ["id"],
            [
                ("id", .text), ("customer", .text), ("kind", .text), ("amount", .integer),
                ("currency", .text), ("created", .integer), ("description", .text),
            ]
        ),
        StoreTable(
            "erased_ids",
            key: ["account", "id"],
            isNumbered: true,
            [
                ("sequence", .integer), ("account", .text), ("id", .text), ("customer", .text),
                ("erased_at", .integer),
            ]
        ),
        StoreTable(
            "used_session_links",
            key: ["link"],
            [("link", .text), ("expires_at", .integer)]
        ),
    ]
}

/// A value on its way from one store to another.
package enum StoreValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

/// Some rows of a table, and the position after them.
package struct StoreRows: Sendable {
    package let rows: [[StoreValue]]
    /// The position after the last row, in the store's own format.
    package let position: String

    package init(rows: [[StoreValue]], position: String) {
        self.rows = rows
        self.position = position
    }
}

/// A store whose tables can be read row by row, while no process writes to it.
package protocol StoreSource: Sendable {
    /// The number of rows of a table.
    func count(of table: StoreTable) async throws(StoreError) -> Int

    /// Rows of a table, in the store's own order.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - position: Empty for the first rows, then the position after the previous ones.
    ///   - limit: The most rows to return.
    /// - Returns: The rows, each with all columns of the table; none at the end.
    /// - Throws: ``StoreError``.
    func rows(of table: StoreTable, after position: String, limit: Int) async throws(StoreError) -> StoreRows
}
