import PostgresClient
import Storage
import Synchronization

/// A pool of connections, leased to callers in the order in which they ask.
///
/// Events are recorded on a connection of their own, see ``BatchWriter``.
final class ConnectionPool: Sendable {
    private struct State {
        var idle: [DedicatedConnection]
        var waiting: [CheckedContinuation<DedicatedConnection?, Never>] = []
    }

    private let lines: [DedicatedConnection]
    private let maxWaiting: Int
    private let state: Mutex<State>

    init(_ origin: DedicatedConnection.Origin, size: Int, maxWaiting: Int = 1024) {
        lines = (0..<size).map { DedicatedConnection(origin, label: "console-billing.postgres.\($0)") }
        self.maxWaiting = maxWaiting
        state = Mutex(State(idle: lines.reversed()))
    }

    /// Runs `body` on a connection that no other caller uses meanwhile.
    ///
    /// - Throws: ``PostgresFailure``; `refused` with the SQLSTATE of too many connections if too many callers
    ///   wait.
    func run<Value: Sendable>(
        repeats: Bool,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(PostgresFailure) -> Value {
        guard let line = await lease() else { throw .refused(state: "53300") }
        defer { giveBack(line) }
        return try await line.run(repeats: repeats, body)
    }

    /// Closes all connections; must be called when the pool is not used any more.
    func close() async {
        for line in lines { await line.close() }
    }

    private func lease() async -> DedicatedConnection? {
        await withCheckedContinuation { continuation in
            let answer: DedicatedConnection?? = state.withLock { state in
                // The connection used last is already open, and a connection that is never needed is never
                // opened.
                if let line = state.idle.popLast() { return .some(line) }
                if state.waiting.count >= maxWaiting { return .some(nil) }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func giveBack(_ line: DedicatedConnection) {
        let next: CheckedContinuation<DedicatedConnection?, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.idle.append(line)
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: line)
    }
}
