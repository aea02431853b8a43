package import Database
package import Storage
import Synchronization

/// A store that notes how its database goes about each statement.
package final class ExplainingStore: SQLStore {
    private let store: any SQLStore
    private let noted = Mutex<[String]>([])

    package init(_ store: any SQLStore) { self.store = store }

    /// The plans of all statements since the last call.
    package func plans() -> [String] {
        noted.withLock { plans in
            defer { plans = [] }
            return plans
        }
    }

    package var ownersAtATime: Int { store.ownersAtATime }

    package func query<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await store.query(operation) { [self] in try body(ExplainingSession($0, note)) }
    }

    package func snapshot<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await store.snapshot(operation) { [self] in try body(ExplainingSession($0, note)) }
    }

    package func readUsage<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await store.readUsage(operation) { [self] in try body(ExplainingSession($0, note)) }
    }

    package func transaction<Value: Sendable>(
        _ operation: StaticString,
        under lock: StoreLock?,
        repeats: Bool,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await store.transaction(operation, under: lock, repeats: repeats) { [self] session in
            try body(ExplainingSession(session, note))
        }
    }

    package func execute(
        _ operation: StaticString,
        repeats: Bool,
        _ statements: [SQLStatement]
    ) async throws(StoreError) -> [Int] {
        try await transaction(operation, under: nil, repeats: repeats) { try $0.run(statements) { _, _ in } }
    }

    private func note(_ plan: String) { noted.withLock { $0.append(plan) } }
}

private struct ExplainingSession: Session {
    private let session: any Session
    private let note: (String) -> Void

    init(_ session: any Session, _ note: @escaping (String) -> Void) {
        self.session = session
        self.note = note
    }

    var dialect: Dialect { session.dialect }

    func run(
        _ statements: [SQLStatement],
        _ visit: (_ statement: Int, _ row: SQLRow) throws -> Void
    ) throws -> [Int] {
        for statement in statements where !statement.sql.hasPrefix("INSERT") {
            note("\(try plan(of: statement).joined(separator: "\n"))\n\(statement.sql)")
        }
        return try session.run(statements, visit)
    }

    func runLater(_ statements: [SQLStatement]) throws { try session.runLater(statements) }

    /// As the database plans it: in PostgreSQL once for all values, where the statement is prepared.
    private func plan(of statement: SQLStatement) throws -> [String] {
        switch dialect {
        case .sqlite:
            return try lines("detail", "EXPLAIN QUERY PLAN \(statement.sql)", statement.values)
        case .postgres where statement.isPrepared:
            let nothing = statement.values.map { _ in "NULL" }.joined(separator: ", ")
            try execute("SET plan_cache_mode = force_generic_plan")
            try execute("PREPARE planned AS \(statement.sql)")
            let arguments = nothing.isEmpty ? "" : "(\(nothing))"
            let plan = try lines("QUERY PLAN", "EXPLAIN EXECUTE planned\(arguments)", [])
            try execute("DEALLOCATE planned")
            return plan
        case .postgres:
            return try lines("QUERY PLAN", "EXPLAIN \(statement.sql)", statement.values)
        }
    }

    private func lines(_ column: String, _ sql: String, _ values: [SQLValue]) throws -> [String] {
        try session.rows(Query(sql, values, isPrepared: false) { try $0.text(column) })
    }

    private func execute(_ sql: String) throws { try session.execute(SQLStatement(sql, isPrepared: false)) }
}
