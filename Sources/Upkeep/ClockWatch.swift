import Billing
import Synchronization

/// The time of day, and whether what was written down by it can still be trusted.
///
/// Work is put off to a time of day, so that it survives a restart. If the clock ran ahead then, the time is wrong
/// by as much once it is set right.
final class ClockWatch: Sendable {
    /// Less is how clocks are kept right, and work may well wait for it.
    private static let tolerance: Int64 = 60

    private let reading: @Sendable () -> Instant
    /// The latest that was seen since the clock was last found right; none before the first time.
    private let latest = Mutex<Instant?>(nil)

    init(now: @escaping @Sendable () -> Instant) { reading = now }

    var now: Instant {
        let now = reading()
        latest.withLock { latest in latest = latest.map { max($0, now) } }
        return now
    }

    /// By when work must be due, if the clock gives reason for doubt.
    ///
    /// - Parameters:
    ///   - now: The time of day.
    ///   - longestWait: The most that work is ever put off, in seconds: all that can be known of a clock before
    ///     this process began.
    /// - Returns: The latest time to wait for; `nil` when what was written down is right.
    func bound(at now: Instant, longestWait: Int64) -> Instant? {
        guard let latest = latest.withLock({ $0 }) else { return now.adding(seconds: longestWait) }
        return latest.seconds(since: now) > Self.tolerance ? now : nil
    }

    /// What waits has been made to fit this time.
    func isTrusted(since now: Instant) { latest.withLock { $0 = now } }
}
