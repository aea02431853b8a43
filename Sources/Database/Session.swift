/// The SQL of each database for conditions that SQLite and PostgreSQL write differently.
package enum Dialect: Sendable {
    case sqlite
    case postgres

    /// The condition that a text contains another one.
    package func contains(_ text: String, _ part: String) -> String {
        switch self {
        case .sqlite: "instr(\(text), \(part)) > 0"
        case .postgres: "strpos(\(text), \(part)) > 0"
        }
    }

    /// The condition that a text is like a pattern, in which `%`, `_` and `\` have a `\` before them where they
    /// stand for themselves.
    ///
    /// ASCII letters match in either case. In PostgreSQL that needs a text of the collation `C`.
    package func isLike(_ text: String, _ pattern: String) -> String {
        switch self {
        case .sqlite: #"\#(text) LIKE \#(pattern) ESCAPE '\'"#
        case .postgres: "\(text) ILIKE \(pattern)"
        }
    }

    /// Ends a query for rows to change: rows that another transaction is changing are left out.
    ///
    /// In SQLite no other transaction can be changing rows. Rows that refer to a locked one can be added meanwhile.
    package var skippingLockedRows: String { self == .postgres ? "FOR NO KEY UPDATE SKIP LOCKED" : "" }

    /// A number in the text of a query.
    ///
    /// PostgreSQL's planner must see it, to plan for a page and not for a table. SQLite gets a parameter, and
    /// keeps one statement for all numbers.
    package func number(_ number: Int, in conditions: inout Conditions) -> String {
        switch self {
        case .sqlite: conditions.parameter(.int(Int64(number)))
        case .postgres: String(number)
        }
    }
}

/// A connection to a database, for the caller that holds it; its calls block.
package protocol Session {
    var dialect: Dialect { get }

    /// Runs statements in order, in one round trip.
    ///
    /// They read one state of the database. Outside of a transaction, the statements of a later call may read
    /// a newer state.
    ///
    /// - Parameters:
    ///   - statements: The statements.
    ///   - visit: Called with each row of each statement, and the index of the statement; it must not use
    ///     the session.
    /// - Returns: The number of rows that each statement inserted, updated or deleted; 0 for a SELECT.
    /// - Throws: The error of the driver for the first statement that fails, or the error of `visit`.
    @discardableResult
    func run(
        _ statements: [SQLStatement],
        _ visit: (_ statement: Int, _ row: SQLRow) throws -> Void
    ) throws -> [Int]

    /// Runs statements in order, at the latest with the commit of the transaction.
    ///
    /// Saves a round trip for statements whose result does not matter. Fails outside of a transaction.
    func runLater(_ statements: [SQLStatement]) throws
}

extension Session {
    /// The values of the rows of a query.
    package func rows<Value>(_ query: Query<Value>) throws -> [Value] {
        var values: [Value] = []
        try run([query.statement]) { values.append(try query.decode($1)) }
        return values
    }

    /// The values of the rows of each query, which all read one state of the database.
    package func rows<each Value>(_ query: repeat Query<each Value>) throws -> (repeat [each Value]) {
        let results = (repeat Results(each query))
        var statements: [SQLStatement] = []
        var visits: [(SQLRow) throws -> Void] = []
        for result in repeat each results {
            statements.append(result.query.statement)
            visits.append(result.visit)
        }
        try run(statements) { try visits[$0]($1) }
        return (repeat (each results).values)
    }

    /// The values of the rows of each query, which all read one state of the database.
    package func rows<Value>(ofEach queries: [Query<Value>]) throws -> [[Value]] {
        var values: [[Value]] = queries.map { _ in [] }
        try run(queries.map(\.statement)) { values[$0].append(try queries[$0].decode($1)) }
        return values
    }

    /// The value of a query's first row; `nil` if it has no rows.
    package func row<Value>(_ query: Query<Value>) throws -> Value? { try rows(query).first }

    /// Runs a statement whose rows do not matter.
    ///
    /// - Returns: The number of rows that were inserted, updated or deleted.
    @discardableResult
    package func execute(_ statement: SQLStatement) throws -> Int {
        try run([statement]) { _, _ in }.first ?? 0
    }
}

private final class Results<Value> {
    let query: Query<Value>
    var values: [Value] = []

    init(_ query: Query<Value>) { self.query = query }

    func visit(_ row: SQLRow) throws { values.append(try query.decode(row)) }
}
