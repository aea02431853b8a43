import GRDB
import Synchronization

/// The connections that only read.
///
/// A read takes an idle connection, or waits for the first that becomes idle, so that it never waits behind one
/// slow read.
final class ReaderPool: Sendable {
    let connections: [DatabaseQueue]
    private let state: Mutex<State>

    private struct State {
        var idle: [DatabaseQueue]
        var waiting: [CheckedContinuation<DatabaseQueue, Never>] = []
    }

    /// - Parameter connections: At least one.
    init(_ connections: [DatabaseQueue]) {
        self.connections = connections
        state = Mutex(State(idle: connections))
    }

    /// Reads one consistent state of the database.
    ///
    /// A task that prefers an executor of its own, as that of an expensive report does, reads on its thread.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let connection = await take()
        defer { giveBack(connection) }
        func readHere() throws -> Value { try connection.read(body) }
        let hasExecutor = withUnsafeCurrentTask { $0?.unownedTaskExecutor != nil }
        return hasExecutor ? try readHere() : try await connection.read(body)
    }

    func close() {
        for connection in connections { try? connection.close() }
    }

    private func take() async -> DatabaseQueue {
        await withCheckedContinuation { continuation in
            let connection = state.withLock { state in
                if state.idle.isEmpty { state.waiting.append(continuation) }
                return state.idle.popLast()
            }
            if let connection { continuation.resume(returning: connection) }
        }
    }

    private func giveBack(_ connection: DatabaseQueue) {
        let next = state.withLock { state -> CheckedContinuation<DatabaseQueue, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.idle.append(connection)
            return nil
        }
        next?.resume(returning: connection)
    }
}
