package import Database
package import Storage

extension SQLiteStore: SQLStore {
    package func query<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(operation) { try body(SQLiteSession($0)) }
    }

    /// Every read is of one state.
    package func snapshot<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await query(operation, body)
    }

    /// The readers do not wait for each other.
    package func readUsage<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await query(operation, body)
    }

    /// The one writer, which deliveries wait for, stores a month of one owner at a time.
    package var ownersAtATime: Int { 1 }

    /// The only writer holds every lock.
    package func transaction<Value: Sendable>(
        _ operation: StaticString,
        under lock: StoreLock?,
        repeats: Bool,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write(operation) { try body(SQLiteSession($0)) }
    }

    package func execute(
        _ operation: StaticString,
        repeats: Bool,
        _ statements: [SQLStatement]
    ) async throws(StoreError) -> [Int] {
        try await write(operation) { try SQLiteSession($0).run(statements) { _, _ in } }
    }
}
