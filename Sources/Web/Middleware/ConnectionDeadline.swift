import NIOCore

/// The one deadline that a connection has at a time, at which it is closed.
///
/// A later deadline does not schedule a task of its own: the task that waits already looks again when it runs. A
/// connection that is in use thus has one task every half a minute, and not two for each request.
struct ConnectionDeadline {
    private let check: (NIODeadline) -> Scheduled<Void>
    private let now: () -> NIODeadline
    private var due: NIODeadline?
    private var task: (scheduled: Scheduled<Void>, at: NIODeadline)?

    /// - Parameters:
    ///   - eventLoop: The connection's event loop.
    ///   - check: Called there when a deadline may be due; it must call ``isDue()``.
    init(on eventLoop: any EventLoop, check: @escaping () -> Void) {
        let loop = eventLoop.assumeIsolated()
        self.check = { loop.scheduleTask(deadline: $0, check) }
        now = { eventLoop.now }
    }

    mutating func set(in time: TimeAmount) {
        let due = now() + time
        self.due = due
        // A task that runs earlier looks again.
        if let task, task.at <= due { return }
        schedule(due)
    }

    mutating func clear() { due = nil }

    /// Ends the task that waits, which keeps the connection in memory.
    func cancel() { task?.scheduled.cancel() }

    /// Whether the deadline has come; otherwise the check comes again.
    mutating func isDue() -> Bool {
        task = nil
        guard let due else { return false }
        if due <= now() { return true }
        schedule(due)
        return false
    }

    private mutating func schedule(_ due: NIODeadline) {
        task?.scheduled.cancel()
        task = (check(due), due)
    }
}

extension RequestLimitsHandler {
    /// The time limits.
    struct Deadlines: Sendable {
        /// The time between two requests.
        var idle: TimeAmount = .seconds(30)
        var request: TimeAmount = .seconds(30)
        var write: TimeAmount = .seconds(30)
        /// During a shutdown, the time for a request that is already on its way to an idle connection.
        var lastCall: TimeAmount = .milliseconds(200)
    }
}
