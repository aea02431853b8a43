/// How fast we may ask: a token bucket as a value, which waits for nobody itself.
///
/// Stripe allows 100 requests a second in live mode and 25 in a sandbox, for all of an account's keys together, so
/// whoever goes through its lists stays below that.
package struct RequestPacer: Sendable, Equatable {
    /// Between two requests when there are many.
    package let interval: Duration
    /// How many may go at once after a rest.
    package let burst: Int
    /// When the bucket will be full again.
    ///
    /// Nothing counts tokens, so nothing is lost to rounding.
    private var fullAt: ContinuousClock.Instant?

    /// - Parameters:
    ///   - requestsPerSecond: More than 0, at most 1000.
    ///   - burst: 1 for evenly spaced requests.
    package init(requestsPerSecond: Double, burst: Int = 1) {
        precondition(requestsPerSecond > 0 && requestsPerSecond <= 1000 && (1...10_000).contains(burst))
        // A rate of next to nothing waits an hour between requests, which arithmetic on a Duration bears.
        interval = min(.seconds(1) / requestsPerSecond, .seconds(3600))
        self.burst = burst
    }

    /// Takes the next turn.
    ///
    /// - Parameter now: The present, which a caller that goes back in time does not unsettle.
    /// - Returns: How long to wait before the request is sent; turns are given out in order, so callers at the same
    ///   time get different ones.
    package mutating func delay(now: ContinuousClock.Instant) -> Duration {
        let full = max(fullAt ?? now, now)
        fullAt = full + interval
        return max(.zero, full - interval * (burst - 1) - now)
    }

    /// Lets nobody go for a while, and then one at a time: what Stripe means by a 429.
    ///
    /// - Parameters:
    ///   - duration: From now; turns given out before are not taken back.
    ///   - now: The present.
    package mutating func pause(for duration: Duration, now: ContinuousClock.Instant) {
        let until = now + max(.zero, duration) + interval * (burst - 1)
        fullAt = max(fullAt ?? until, until)
    }
}
