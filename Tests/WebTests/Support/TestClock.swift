import Billing
import Synchronization

/// A clock that stands still until a test moves it.
final class TestClock: Sendable {
    /// The moment every test starts at: 2026-03-14 12:00:00 UTC.
    static let start = Instant(unixSeconds: 1_773_489_600)

    private let state: Mutex<Instant>

    init(_ now: Instant = start) { state = Mutex(now) }

    var now: Instant { state.withLock { $0 } }

    func advance(seconds: Int64) { state.withLock { $0 = $0.adding(seconds: seconds) } }
}
