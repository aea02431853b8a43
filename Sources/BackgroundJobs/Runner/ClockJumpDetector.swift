import Billing
import Synchronization

/// Detects that the system clock was set back, which makes stored due times wrong.
///
/// Due times are stored as wall-clock times to survive a restart. If the clock ran ahead when one was
/// written, work waits too long once the clock is set right.
final class ClockJumpDetector: Sendable {
    /// Smaller jumps are normal clock adjustments, and work may wait that much longer.
    private static let tolerance: Int64 = 60

    private let reading: @Sendable () -> Instant
    /// The latest time read since the stored due times were last checked; `nil` before the first check.
    private let latest = Mutex<Instant?>(nil)

    init(now: @escaping @Sendable () -> Instant) { reading = now }

    var now: Instant {
        let now = reading()
        latest.withLock { latest in latest = latest.map { max($0, now) } }
        return now
    }

    /// The latest plausible due time, if the clock may have been wrong.
    ///
    /// - Parameters:
    ///   - now: The current wall-clock time.
    ///   - longestWait: The longest delay of any work, in seconds. Before the first check it is the only
    ///     known limit on a due time.
    /// - Returns: Jobs that are due after this are due now; `nil` when stored times are right.
    func bound(at now: Instant, longestWait: Int64) -> Instant? {
        guard let latest = latest.withLock({ $0 }) else { return now.adding(seconds: longestWait) }
        return latest.seconds(since: now) > Self.tolerance ? now : nil
    }

    /// Records that stored due times fit the time `now`.
    func resetBaseline(since now: Instant) { latest.withLock { $0 = now } }
}
