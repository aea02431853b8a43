package import Database

/// A table of every store, declared once: its SQL for both databases, and its columns for a move from one
/// store to another.
///
/// Text is compared byte by byte, which is the order of the feed everywhere; it never contains NUL, which
/// PostgreSQL rejects: it is cleaned when it is read.
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
        let isOptional: Bool
        /// The value, as SQL, of rows that are inserted without one.
        let initial: String?
        /// The only values of a text; empty if there are others.
        let values: [String]

        /// - Parameters:
        ///   - name: The name.
        ///   - kind: The content.
        ///   - isOptional: Whether a row may have NULL.
        ///   - initial: The value, as SQL, of rows that are inserted without one.
        ///   - values: The only values of a text; empty if there are others.
        init(
            _ name: String,
            _ kind: Kind,
            orNull isOptional: Bool = false,
            initial: String? = nil,
            values: [String] = []
        ) {
            self.name = name
            self.kind = kind
            self.isOptional = isOptional
            self.initial = initial
            self.values = values
        }
    }

    /// An index, named after its table.
    struct Index: Sendable {
        let name: String
        let columns: String
        let condition: String?
        let isUnique: Bool

        init(_ name: String, _ columns: String, where condition: String? = nil, isUnique: Bool = false) {
            self.name = name
            self.columns = columns
            self.condition = condition
            self.isUnique = isUnique
        }
    }

    /// How rows are told apart.
    enum Identity: Sendable {
        /// By a number that the database generates, and which is the first column; the key is unique too.
        case number
        case key
        /// By the key, in whose order SQLite stores the rows.
        case sortedKey
        /// A few rows may have the same key.
        case none
    }

    package let name: String
    package let columns: [Column]
    /// The columns by which a row is found, none of them NULL.
    package let key: [String]
    let identity: Identity
    let constraints: [String]
    let indexes: [Index]

    /// Whether the first column is a number that the database generates.
    package var isNumbered: Bool { identity == .number }

    /// The names of all indexes of a table that is told apart by its key, as PostgreSQL has them.
    package var indexNames: [String] { ["\(name)_pkey"] + indexes.map { "\(name)_\($0.name)" } }

    init(
        _ name: String,
        by identity: Identity = .key,
        _ key: [String],
        _ columns: [Column],
        constraints: [String] = [],
        indexes: [Index] = []
    ) {
        self.name = name
        self.key = key
        self.identity = identity
        self.columns = (identity == .number ? [Column("sequence", .integer)] : []) + columns
        self.constraints = constraints
        self.indexes = indexes
    }

    /// The statements that create the table and its indexes.
    ///
    /// - Parameters:
    ///   - dialect: The database.
    ///   - prefix: Precedes the names of the table and its indexes.
    /// - Returns: SQL, each statement with its semicolon.
    package func definition(_ dialect: Dialect, prefix: String = "") -> String {
        let keyed = key.joined(separator: ", ")
        var parts = columns.map { $0.name == "sequence" ? dialect.number : $0.definition(dialect) }
        switch identity {
        case .number: parts.append("UNIQUE (\(keyed))")
        case .key, .sortedKey: parts.append("PRIMARY KEY (\(keyed))")
        case .none: break
        }
        let body = (parts + constraints).joined(separator: ",\n    ")
        let options = identity == .sortedKey ? " STRICT, WITHOUT ROWID" : " STRICT"
        let table = "CREATE TABLE \(prefix)\(name) (\n    \(body)\n)\(dialect == .sqlite ? options : "");\n"
        return table + indexes.map { definition($0, prefix: prefix) }.joined()
    }

    /// The statement that adds rows, which are SQL with all columns in order, or replaces the rows of the same keys.
    package func putting(_ rows: String, prefix: String = "") -> String {
        let names = columns.map(\.name)
        let changes = names.filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }
        return """
            INSERT INTO \(prefix)\(name) (\(names.joined(separator: ", ")))
            \(rows)
            ON CONFLICT (\(key.joined(separator: ", "))) DO UPDATE SET \(changes.joined(separator: ", "))
            """
    }

    private func definition(_ index: Index, prefix: String) -> String {
        let condition = index.condition.map { " WHERE \($0)" } ?? ""
        return """
            CREATE \(index.isUnique ? "UNIQUE " : "")INDEX \(prefix)\(name)_\(index.name)
                ON \(prefix)\(name) (\(index.columns))\(condition);

            """
    }
}

extension StoreTable.Column {
    /// The name of the type in PostgreSQL, without a collation.
    package var arrayType: String { Dialect.postgres.bareType(of: kind) }

    fileprivate func definition(_ dialect: Dialect) -> String {
        var text = "\(name) \(dialect.type(of: kind))"
        if !isOptional { text += " NOT NULL" }
        if let initial { text += " DEFAULT \(initial)" }
        if !values.isEmpty { text += " CHECK (\(name) IN ('\(values.joined(separator: "', '"))'))" }
        if kind == .flag, dialect == .sqlite { text += " CHECK (\(name) IN (0, 1))" }
        return text
    }
}

extension Dialect {
    fileprivate var number: String {
        switch self {
        case .sqlite: "sequence INTEGER PRIMARY KEY"
        case .postgres: "sequence BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
        }
    }

    fileprivate func type(of kind: StoreTable.Kind) -> String {
        self == .postgres && kind == .text ? "TEXT COLLATE \"C\"" : bareType(of: kind)
    }

    /// The type without its collation.
    fileprivate func bareType(of kind: StoreTable.Kind) -> String {
        switch (self, kind) {
        case (.sqlite, .integer), (.sqlite, .payment), (.sqlite, .flag): "INTEGER"
        case (_, .text): "TEXT"
        case (.sqlite, .bytes): "BLOB"
        case (.postgres, .integer), (.postgres, .payment): "BIGINT"
        case (.postgres, .flag): "BOOLEAN"
        case (.postgres, .bytes): "BYTEA"
        }
    }
}
