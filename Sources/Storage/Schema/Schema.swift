import Compression
package import Database

/// The tables of a store, one migration per change; a released migration is never edited.
package enum Schema {
    package struct Migration: Sendable {
        package let name: String
        /// The statements, for a database.
        package let sql: @Sendable (Dialect) -> String

        package init(_ name: String, _ sql: @escaping @Sendable (Dialect) -> String) {
            self.name = name
            self.sql = sql
        }
    }

    package static let migrations = [
        Migration("0001_tables") { dialect in
            StoreTable.all.map { $0.definition(dialect) }.joined()
                + StoreTable.dictionaries.definition(dialect) + StoredDictionaries.adding(.bodies, dialect)
                + StoredDictionaries.adding(.snapshots, dialect)
                + (dialect == .sqlite ? SQLiteViews.definition : PostgresViews.definition)
        }
    ]
}

/// The tables that are derived from the log, and can be rebuilt next to the ones in use.
package struct ProjectionTables: Sendable {
    package static let live = ProjectionTables(prefix: "")
    package static let rebuilt = ProjectionTables(prefix: "rebuilt_")
    /// The earlier tables, while a rebuild exchanges them.
    package static let retired = ProjectionTables(prefix: "retired_")

    package static let all = [StoreTable.objects, .transactions, .customers]

    package let prefix: String

    package var objects: String { prefix + "objects" }
    package var transactions: String { prefix + "transactions" }
    package var customers: String { prefix + "customers" }

    package func definition(_ dialect: Dialect) -> String {
        Self.all.map { $0.definition(dialect, prefix: prefix) }.joined()
    }

    package var removal: String {
        "DROP TABLE IF EXISTS \(objects); DROP TABLE IF EXISTS \(transactions); DROP TABLE IF EXISTS \(customers);"
    }
}
