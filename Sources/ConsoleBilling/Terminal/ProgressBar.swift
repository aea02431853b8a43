import Synchronization

/// A progress line on standard error, shown only on a terminal.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var drawnAt: ContinuousClock.Instant?
    }

    private let total: Int
    private let isShown: Bool
    private let state = Mutex(State())
    private static let width = 30

    init(total: Int, isShown: Bool = Terminal.Stream.error.isTerminal) {
        self.total = total
        self.isShown = isShown && total > 1
    }

    /// Adds steps, and redraws at most ten times a second.
    func advance(by steps: Int = 1) {
        let line: String? = state.withLock { state in
            state.done += steps
            let now = ContinuousClock.now
            if let drawnAt = state.drawnAt, drawnAt.duration(to: now) < .milliseconds(100), state.done < total
            {
                return nil
            }
            state.drawnAt = now
            return Self.line(done: state.done, of: total)
        }
        if isShown, let line { Terminal.write("\r\u{1B}[2K" + line, to: .error) }
    }

    /// Removes the line, so that other text can be printed.
    func clear() {
        guard isShown else { return }
        state.withLock { $0.drawnAt = nil }
        Terminal.write("\r\u{1B}[2K", to: .error)
    }

    static func line(done: Int, of total: Int) -> String {
        let filled = total == 0 ? width : min(width, done * width / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let percent = total == 0 ? 100 : done * 100 / total
        return "[\(bar)] \(done)/\(total) \(percent)%"
    }
}
