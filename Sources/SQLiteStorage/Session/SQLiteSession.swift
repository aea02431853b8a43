import Database
import Foundation
import GRDB
import GRDBSQLite

/// A session on a connection to SQLite, inside a transaction of GRDB.
struct SQLiteSession: Session {
    private let db: GRDB.Database
    private let kept: SQLiteStatements?

    /// - Parameters:
    ///   - db: The connection.
    ///   - kept: The compiled statements of this connection; without them they are looked up in GRDB's, which
    ///     takes longer.
    init(_ db: GRDB.Database, _ kept: SQLiteStatements? = nil) {
        self.db = db
        self.kept = kept
    }

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
        let compiled = try compiled(statement)
        let handle = compiled.sqliteStatement
        defer {
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
        }
        try bind(statement.values, to: handle)
        var row: SQLRow?
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW:
                // The values are read from the statement itself, so that no row is copied.
                let current = row ?? SQLRow(SQLiteRow(compiled))
                row = current
                try visit(current)
            case SQLITE_DONE: return sqlite3_stmt_readonly(handle) != 0 ? 0 : db.changesCount
            default: throw failure
            }
        }
    }

    private func compiled(_ statement: SQLStatement) throws -> Statement {
        if let statement = kept?[statement.sql] { return statement }
        let text = SQLiteText(statement)
        if text.hasLists { return try db.makeStatement(sql: text.sql) }
        guard let kept else { return try db.cachedStatement(sql: text.sql) }
        let compiled = try db.makeStatement(sql: text.sql)
        kept[statement.sql] = compiled
        return compiled
    }

    /// Binds each value to its number; a list takes the numbers from its own on, see ``SQLiteText``.
    private func bind(_ values: [SQLValue], to handle: SQLiteStatement) throws {
        var listed = Int32(clamping: values.count)
        for (index, value) in values.enumerated() {
            let number = Int32(clamping: index) + 1
            switch value {
            case .ints(let list):
                for element in list {
                    listed += 1
                    try check(sqlite3_bind_int64(handle, listed, element))
                }
            case .texts(let list):
                for element in list {
                    listed += 1
                    try bind(element, to: handle, listed)
                }
            case .null: break
            case .bool(let value): try check(sqlite3_bind_int64(handle, number, value ? 1 : 0))
            case .int(let value): try check(sqlite3_bind_int64(handle, number, value))
            case .text(let value): try bind(value, to: handle, number)
            case .bytes(let value):
                let size = sqlite3_uint64(value.count)
                // A pointer that is not NULL, because NULL would bind NULL.
                try check(
                    value.isEmpty
                        ? sqlite3_bind_zeroblob(handle, number, 0)
                        : sqlite3_bind_blob64(handle, number, value, size, Self.transient)
                )
            }
        }
    }

    private func bind(_ text: String, to handle: SQLiteStatement, _ number: Int32) throws {
        var text = text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
        let code = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { bytes in
                let start = bytes.baseAddress
                return start == nil
                    ? sqlite3_bind_text(handle, number, "", 0, Self.transient)
                    : sqlite3_bind_text64(
                        handle,
                        number,
                        start,
                        sqlite3_uint64(bytes.count),
                        Self.transient,
                        UInt8(SQLITE_UTF8)
                    )
            }
        }
        try check(code)
    }

    /// SQLite copies the value before the call returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func check(_ code: Int32) throws {
        // A value whose number is not in the text does not matter.
        guard code == SQLITE_OK || code == SQLITE_RANGE else { throw failure }
    }

    private var failure: DatabaseError {
        let connection = db.sqliteConnection
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: sqlite3_errmsg(connection).map { String(cString: $0) }
        )
    }
}

/// The compiled statements of the connection that writes, by their text.
///
/// Only its thread may use them.
final class SQLiteStatements: @unchecked Sendable {
    private var byText: [String: Statement] = [:]

    subscript(text: String) -> Statement? {
        get { byText[text] }
        set { byText[text] = newValue }
    }

    func removeAll() { byText = [:] }
}

/// A statement in SQLite's own words: a list is spelt out, because SQLite has no arrays.
struct SQLiteText {
    let sql: String
    let hasLists: Bool

    init(_ statement: SQLStatement) {
        var sql = statement.sql
        var hasLists = false
        // The elements of lists are numbered after all values.
        var listed = statement.values.count
        for (index, value) in statement.values.enumerated() {
            let count: Int
            switch value {
            case .ints(let list): count = list.count
            case .texts(let list): count = list.count
            default: continue
            }
            hasLists = true
            let marks = (0..<count).map { "$\(listed + $0 + 1)" }.joined(separator: ", ")
            sql = sql.replacing("= ANY($\(index + 1))", with: "IN (\(marks))")
            listed += count
        }
        // `?1` is a number to SQLite, and `$1` a name: https://www.sqlite.org/lang_expr.html#varparam
        self.sql = String(
            decoding: sql.utf8.map { $0 == UInt8(ascii: "$") ? UInt8(ascii: "?") : $0 },
            as: UTF8.self
        )
        self.hasLists = hasLists
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
