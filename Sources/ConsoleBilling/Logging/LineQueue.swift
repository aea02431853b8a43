import Dispatch
import Synchronization

/// A queue of lines for standard error, written by its own thread, so that a stalled reader delays no
/// request.
///
/// The lines of a moment are written together: a write for each line would cost more than the line. The queue is
/// bounded. A line that does not fit is dropped and counted.
final class LineQueue: Sendable {
    static let standardError = LineQueue(descriptor: Terminal.Stream.error.rawValue)

    private struct State {
        var waiting: [UInt8] = []
        /// Whether the lines that wait are going to be written.
        var isScheduled = false
        /// Lines dropped since the last line that fitted.
        var dropped = 0
        var droppedInAll = 0
    }

    private let descriptor: Int32
    private let maximumBytes: Int
    private let moment: DispatchTimeInterval
    private let queue = DispatchQueue(label: "console-billing.log")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - descriptor: The file descriptor to write to.
    ///   - maximumBytes: The limit of the queue; as many bytes again may be in the write in progress.
    ///   - moment: How long a line may wait for others.
    init(
        descriptor: Int32,
        maximumBytes: Int = 1 << 20,
        moment: DispatchTimeInterval = .milliseconds(10)
    ) {
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
        self.moment = moment
    }

    /// How many lines were dropped since the process started.
    var droppedLines: Int { state.withLock(\.droppedInAll) }

    /// Adds a line, with its line break, or drops it if the queue is full; before the next line that fits,
    /// `notice` makes one about the number of dropped lines.
    func write(_ line: [UInt8], notice: (_ dropped: Int) -> [UInt8]) {
        let isFirst = state.withLock { state in
            let bytes = state.dropped > 0 ? notice(state.dropped) + line : line
            guard state.waiting.count + bytes.count <= maximumBytes else {
                state.dropped += 1
                state.droppedInAll += 1
                return false
            }
            state.dropped = 0
            state.waiting += bytes
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { queue.asyncAfter(deadline: .now() + moment) { self.writeWaiting() } }
    }

    /// See ``write(_:notice:)``.
    func write(_ line: String, notice: (_ dropped: Int) -> String = { _ in "" }) {
        write(Array(line.utf8)) { Array(notice($0).utf8) }
    }

    /// Waits until the queue is written, at most one second.
    func flush() {
        let end = DispatchSemaphore(value: 0)
        queue.async {
            self.writeWaiting()
            end.signal()
        }
        _ = end.wait(timeout: .now() + .seconds(1))
    }

    private func writeWaiting() {
        let bytes = state.withLock { state in
            defer { (state.waiting, state.isScheduled) = ([], false) }
            return state.waiting
        }
        if !bytes.isEmpty { Terminal.write(bytes, to: descriptor) }
    }
}
