/// A token bucket for the rate of requests, as a value; the caller does the waiting.
///
/// Stripe allows 100 requests a second in live mode and 25 in a sandbox, for all keys of an account together,
/// so list crawls must stay below that.
package struct RequestPacer: Sendable, Equatable {
    /// The time between two requests at full rate.
    package let interval: Duration
    /// How many requests may be sent at once after a pause.
    package let burst: Int
    /// The time at which the bucket is full again.
    ///
    /// A time instead of a token count avoids rounding errors.
    private var fullAt: ContinuousClock.Instant?

    /// - Parameters:
    ///   - requestsPerSecond: More than 0, at most 1000.
    ///   - burst: 1 for evenly spaced requests.
    package init(requestsPerSecond: Double, burst: Int = 1) {
        precondition(requestsPerSecond > 0 && requestsPerSecond <= 1000 && (1...10_000).contains(burst))
        // A tiny rate waits an hour between requests, which `Duration` arithmetic can hold.
        interval = min(.seconds(1) / requestsPerSecond, .seconds(3600))
        self.burst = burst
    }

    /// Reserves the next slot.
    ///
    /// - Parameter now: The current time; an earlier time than in the last call does no harm.
    /// - Returns: How long to wait before the request is sent. Slots are given out in order, so callers at
    ///   the same time get different ones.
    package mutating func delay(now: ContinuousClock.Instant) -> Duration {
        let full = max(fullAt ?? now, now)
        fullAt = full + interval
        return max(.zero, full - interval * (burst - 1) - now)
    }

    /// Stops all requests for a while, and then allows one at a time: the reaction to a 429.
    ///
    /// - Parameters:
    ///   - duration: The pause from now on; slots given out before stay valid.
    ///   - now: The current time.
    package mutating func pause(for duration: Duration, now: ContinuousClock.Instant) {
        let until = now + max(.zero, duration) + interval * (burst - 1)
        fullAt = max(fullAt ?? until, until)
    }
}
