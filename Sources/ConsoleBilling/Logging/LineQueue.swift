import Dispatch
import Synchronization

/// A queue of lines for standard error, written by its own thread, so that a stalled reader delays no
/// request.
///
/// The queue is bounded. A line that does not fit is dropped and counted.
final class LineQueue: Sendable {
    static let standardError = LineQueue(descriptor: Terminal.Stream.error.rawValue)

    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
        /// Lines dropped since the last line that fitted.
        var dropped = 0
        var droppedInAll = 0
    }

    private let descriptor: Int32
    private let maximumBytes: Int
    private let queue = DispatchQueue(label: "console-billing.log")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - descriptor: The file descriptor to write to.
    ///   - maximumBytes: The limit of the queue; as many bytes again may be in the write in progress.
    init(descriptor: Int32, maximumBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
    }

    /// How many lines were dropped since the process started.
    var droppedLines: Int { state.withLock(\.droppedInAll) }

    /// Adds a line, with its line break, or drops it if the queue is full; before the next line that fits,
    /// `notice` makes one about the number of dropped lines.
    func write(_ line: [UInt8], notice: (_ dropped: Int) -> [UInt8]) {
        let begins = state.withLock { state in
            let bytes = state.dropped > 0 ? notice(state.dropped) + line : line
            guard state.waiting.count + bytes.count <= maximumBytes else {
                state.dropped += 1
                state.droppedInAll += 1
                return false
            }
            state.dropped = 0
            state.waiting += bytes
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.writeAll() } }
    }

    /// See ``write(_:notice:)``.
    func write(_ line: String, notice: (_ dropped: Int) -> String = { _ in "" }) {
        write(Array(line.utf8)) { Array(notice($0).utf8) }
    }

    /// Waits until the queue is written, at most one second.
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
