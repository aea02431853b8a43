import Dispatch
import Synchronization

/// Lines on their way to standard error, written by a thread of their own: a reader that stalls holds up no request.
///
/// What waits is bounded. A line that finds no room is dropped and counted.
final class LineQueue: Sendable {
    static let standardError = LineQueue(descriptor: Terminal.Stream.error.rawValue)

    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
        /// Since the last line that found room.
        var dropped = 0
        var droppedInAll = 0
    }

    private let descriptor: Int32
    private let maximumBytes: Int
    private let queue = DispatchQueue(label: "console-billing.log")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - descriptor: Where to write.
    ///   - maximumBytes: How much may wait; as much again may be on its way.
    init(descriptor: Int32, maximumBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
    }

    /// How many lines were dropped since the process started.
    var droppedLines: Int { state.withLock(\.droppedInAll) }

    /// Takes a line, or drops it.
    ///
    /// - Parameters:
    ///   - line: With its end.
    ///   - notice: The line that comes before it where that many were dropped.
    func write(_ line: String, notice: (_ dropped: Int) -> String = { _ in "" }) {
        let begins = state.withLock { state in
            let text = state.dropped > 0 ? notice(state.dropped) + line : line
            guard state.waiting.count + text.utf8.count <= maximumBytes else {
                state.dropped += 1
                state.droppedInAll += 1
                return false
            }
            state.dropped = 0
            state.waiting += text.utf8
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.writeAll() } }
    }

    /// Waits until everything that was taken is written, and no longer than a second for a reader that stalls.
    func flush() {
        let end = DispatchSemaphore(value: 0)
        queue.async { end.signal() }
        _ = end.wait(timeout: .now() + .seconds(1))
    }

    private func writeAll() {
        while let bytes = next() { Terminal.write(bytes, to: descriptor) }
    }

    private func next() -> [UInt8]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
