import Database
import Foundation
import GRDB
import GRDBSQLite

/// A session on a connection to SQLite, inside a transaction of GRDB.
struct SQLiteSession: Session {
    private let db: GRDB.Database

    init(_ db: GRDB.Database) { self.db = db }

    var dialect: Dialect { .sqlite }

    func run(
        _ statements: [SQLStatement],
        _ visit: (_ statement: Int, _ row: SQLRow) throws -> Void
    ) throws -> [Int] {
        try statements.enumerated().map { index, statement in
            try run(statement) { try visit(index, $0) }
        }
    }

    func runLater(_ statements: [SQLStatement]) throws {
        for statement in statements { try execute(statement) }
    }

    private func run(_ statement: SQLStatement, _ visit: (SQLRow) throws -> Void) throws -> Int {
        let text = SQLiteText(statement)
        let compiled =
            text.list.isEmpty
            ? try db.cachedStatement(sql: text.sql) : try db.makeStatement(sql: text.sql)
        let arguments = StatementArguments(try text.arguments(of: compiled))
        guard compiled.columnCount > 0 else {
            try compiled.execute(arguments: arguments)
            return db.changesCount
        }
        // The values are read from the statement itself, so that no row is copied.
        let rows = try GRDB.Row.fetchCursor(compiled, arguments: arguments)
        let row = SQLRow(SQLiteRow(compiled))
        while try rows.next() != nil { try visit(row) }
        return compiled.isReadonly ? 0 : db.changesCount
    }
}

extension GRDB.Database {
    /// The rows of a statement in SQLite's own words, each decoded before the next is read, without a copy.
    func rows<Value>(
        _ sql: String,
        _ arguments: StatementArguments,
        _ decode: (SQLRow) throws -> Value
    ) throws -> [Value] {
        let statement = try cachedStatement(sql: sql)
        let rows = try GRDB.Row.fetchCursor(statement, arguments: arguments)
        let row = SQLRow(SQLiteRow(statement))
        var values: [Value] = []
        while try rows.next() != nil { values.append(try decode(row)) }
        return values
    }
}

/// A statement in SQLite's own words: a list is spelt out, because SQLite has no arrays.
struct SQLiteText {
    let sql: String
    /// The elements of the lists, in the order of the text.
    let list: [DatabaseValue]
    private let values: [SQLValue]

    init(_ statement: SQLStatement) {
        values = statement.values
        var sql = statement.sql
        var lists: [(position: String.Index, elements: [DatabaseValue])] = []
        for (index, value) in values.enumerated() {
            let elements: [DatabaseValue]
            switch value {
            case .ints(let list): elements = list.map(\.databaseValue)
            case .texts(let list): elements = list.map { Self.text($0) }
            default: continue
            }
            guard let place = statement.sql.range(of: "= ANY($\(index + 1))") else { continue }
            let marks = elements.map { _ in "?" }.joined(separator: ", ")
            sql = sql.replacing("= ANY($\(index + 1))", with: "IN (\(marks))", maxReplacements: 1)
            lists.append((place.lowerBound, elements))
        }
        self.sql = sql
        list = lists.sorted { $0.position < $1.position }.flatMap(\.elements)
    }

    /// The values in the order of SQLite's own numbers: it numbers `$2` by its first place in the text.
    func arguments(of statement: Statement) throws -> [DatabaseValue] {
        var elements = list.makeIterator()
        return try (0..<sqlite3_bind_parameter_count(statement.sqliteStatement)).map { index in
            guard let name = sqlite3_bind_parameter_name(statement.sqliteStatement, index + 1) else {
                return elements.next() ?? .null
            }
            guard let number = Int(String(cString: name + 1)), values.indices.contains(number - 1) else {
                throw DatabaseError(resultCode: .SQLITE_MISUSE)
            }
            return Self.value(values[number - 1])
        }
    }

    private static func value(_ value: SQLValue) -> DatabaseValue {
        switch value {
        case .null, .ints, .texts: .null
        case .bool(let value): value.databaseValue
        case .int(let value): value.databaseValue
        case .text(let value): text(value)
        case .bytes(let value): Data(value).databaseValue
        }
    }

    private static func text(_ text: String) -> DatabaseValue {
        (text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text).databaseValue
    }
}

/// The current row of a statement that is being executed.
private final class SQLiteRow: RowSource {
    let columns: [String]
    private let statement: OpaquePointer

    init(_ statement: Statement) {
        columns = statement.columnNames
        self.statement = statement.sqliteStatement
    }

    func isNull(_ column: Int) -> Bool { type(column) == SQLITE_NULL }

    func bool(_ column: Int) -> Bool? {
        switch int(column) {
        case 0: false
        case 1: true
        default: nil
        }
    }

    func int(_ column: Int) -> Int64? {
        type(column) == SQLITE_INTEGER ? sqlite3_column_int64(statement, Int32(column)) : nil
    }

    func text(_ column: Int) -> String? {
        guard type(column) == SQLITE_TEXT else { return nil }
        let start = sqlite3_column_text(statement, Int32(column))
        return String(decoding: UnsafeBufferPointer(start: start, count: size(column)), as: UTF8.self)
    }

    func bytes(_ column: Int) -> UnsafeRawBufferPointer? {
        guard type(column) == SQLITE_BLOB else { return nil }
        let start = sqlite3_column_blob(statement, Int32(column))
        return UnsafeRawBufferPointer(start: start, count: size(column))
    }

    private func type(_ column: Int) -> Int32 { sqlite3_column_type(statement, Int32(column)) }

    private func size(_ column: Int) -> Int { Int(sqlite3_column_bytes(statement, Int32(column))) }
}
