import PostgresClient
import Storage
import Synchronization

/// A few connections for all that is not the recording of events: whoever asks first gets the next that is free.
final class ConnectionPool: Sendable {
    private struct State {
        var idle: [ConnectionLine]
        var waiting: [CheckedContinuation<ConnectionLine?, Never>] = []
    }

    private let lines: [ConnectionLine]
    private let maxWaiting: Int
    private let state: Mutex<State>

    init(_ origin: ConnectionLine.Origin, size: Int, maxWaiting: Int = 1024) {
        lines = (0..<size).map { ConnectionLine(origin, label: "console-billing.postgres.\($0)") }
        self.maxWaiting = maxWaiting
        state = Mutex(State(idle: lines.reversed()))
    }

    /// Runs `body` on a connection that nobody else uses meanwhile.
    ///
    /// - Throws: ``PostgresFailure``, `refused` with the state of too many connections when too many wait.
    func run<Value: Sendable>(
        repeats: Bool,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(PostgresFailure) -> Value {
        guard let line = await lease() else { throw .refused(state: "53300") }
        defer { giveBack(line) }
        return try await line.run(repeats: repeats, body)
    }

    /// To be called when nothing uses the pool any more.
    func close() async {
        for line in lines { await line.close() }
    }

    private func lease() async -> ConnectionLine? {
        await withCheckedContinuation { continuation in
            let answer: ConnectionLine?? = state.withLock { state in
                // The one used last: its connection is made, and those never needed never are.
                if let line = state.idle.popLast() { return .some(line) }
                if state.waiting.count >= maxWaiting { return .some(nil) }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func giveBack(_ line: ConnectionLine) {
        let next: CheckedContinuation<ConnectionLine?, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.idle.append(line)
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: line)
    }
}
