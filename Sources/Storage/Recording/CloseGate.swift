import Synchronization

/// Counts the calls in progress, so that closing can wait for them.
///
/// Closing a connection that is in use crashes the process: neither SQLite nor libpq checks for that.
package final class CloseGate: Sendable {
    private struct State {
        var calls = 0
        var isClosed = false
        var whenDone: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether a long operation must stop.
    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// - Throws: ``StoreError`` of code `closed`; ``end()`` must not be called then.
    package func begin(_ operation: StaticString) throws(StoreError) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.calls += 1 }
            return state.isClosed
        }
        if isClosed { throw StoreError(.closed, while: operation) }
    }

    package func end() {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.calls -= 1
            guard state.calls == 0 else { return [] }
            defer { state.whenDone = [] }
            return state.whenDone
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Refuses new calls, and waits for those in progress.
    package func close() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                state.isClosed = true
                if state.calls > 0 { state.whenDone.append(continuation) }
                return state.calls == 0
            }
            if isDone { continuation.resume() }
        }
    }
}
