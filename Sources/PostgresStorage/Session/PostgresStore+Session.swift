package import Database
import PostgresClient
package import Storage

extension PostgresStore: SQLStore {
    package func query<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await attempt(operation, on: pool) { try body(PostgresSession.reading($0)) }
    }

    package func snapshot<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await attempt(operation, on: pool) { connection in
            try PostgresSession.transaction(connection, .snapshot, body)
        }
    }

    package func readUsage<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        try await attempt(operation, on: adding) { connection in
            try PostgresSession.transaction(connection, .snapshot, body)
        }
    }

    /// A commit costs a round trip and a sync of the disk.
    package var ownersAtATime: Int { 16 }

    package func transaction<Value: Sendable>(
        _ operation: StaticString,
        under lock: StoreLock?,
        repeats: Bool,
        _ body: @escaping @Sendable (any Session) throws -> Value
    ) async throws(StoreError) -> Value {
        // The callers that store leases and days take turns, and must not occupy the general pool meanwhile.
        try await attempt(operation, repeats: repeats, on: lock == .usage ? intake : pool) { connection in
            try PostgresSession.transaction(connection, lock: lock.map(Command.taking), body)
        }
    }

    package func execute(
        _ operation: StaticString,
        repeats: Bool,
        _ statements: [SQLStatement]
    ) async throws(StoreError) -> [Int] {
        try await attempt(operation, repeats: repeats, on: pool) { connection in
            try PostgresSession.execute(statements, connection)
        }
    }

    /// Runs `body`, which may also throw errors that are not the connection's.
    private func attempt<Value: Sendable>(
        _ operation: StaticString,
        repeats: Bool = true,
        on connections: ConnectionPool,
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = try await run(operation, repeats: repeats, on: connections) {
            connection throws(PostgresFailure) -> Result<Value, any Error> in
            do {
                return .success(try body(connection))
            } catch let failure as PostgresFailure {
                throw failure
            } catch {
                return .failure(error)
            }
        }
        do {
            return try result.get()
        } catch {
            throw StoreError(error, while: operation)
        }
    }
}

extension Command {
    fileprivate static func taking(_ lock: StoreLock) -> Command {
        switch lock {
        case .events: .advisoryLock(at: "events")
        case .accounts: .advisoryLock(at: "usage_accounts")
        case .usage: .advisoryLock(at: "usage_leases")
        }
    }
}
