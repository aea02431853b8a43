/// A value bound to a statement.
package enum SQLValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    /// NUL characters are replaced by U+FFFD, because PostgreSQL's text cannot hold them.
    case text(String)
    case bytes([UInt8])
    /// A list, which a statement can use only as `column = ANY($n)`.
    case ints([Int64])
    /// A list, which a statement can use only as `column = ANY($n)`.
    case texts([String])

    package static func bool(orNull value: Bool?) -> SQLValue { value.map { .bool($0) } ?? .null }
    package static func int(orNull value: Int64?) -> SQLValue { value.map { .int($0) } ?? .null }
    package static func text(orNull value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
    package static func bytes(orNull value: [UInt8]?) -> SQLValue { value.map { .bytes($0) } ?? .null }
}

/// SQL that both databases understand, and the values of its parameters.
///
/// The parameters are `$1`, `$2` and so on, each a value, wherever it stands and how often.
package struct SQLStatement: Sendable {
    package let sql: String
    package let values: [SQLValue]
    /// Whether PostgreSQL plans the statement once for all values.
    ///
    /// `false` for SQL that is built for each call. SQLite keeps every statement without a list.
    package let isPrepared: Bool

    package init(_ sql: String, _ values: [SQLValue] = [], isPrepared: Bool = true) {
        self.sql = sql
        self.values = values
        self.isPrepared = isPrepared
    }
}

/// A statement that reads, and how a value is made of each of its rows.
package struct Query<Value>: Sendable {
    package let statement: SQLStatement
    package let decode: @Sendable (SQLRow) throws -> Value

    package init(
        _ sql: String,
        _ values: [SQLValue] = [],
        isPrepared: Bool = true,
        decode: @escaping @Sendable (SQLRow) throws -> Value
    ) {
        self.init(SQLStatement(sql, values, isPrepared: isPrepared), decode: decode)
    }

    package init(_ statement: SQLStatement, decode: @escaping @Sendable (SQLRow) throws -> Value) {
        self.statement = statement
        self.decode = decode
    }
}
