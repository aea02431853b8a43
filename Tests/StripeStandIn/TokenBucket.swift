/// How many requests a second are answered; the rest are refused with 429, as Stripe does.
package struct RequestRate: Sendable, Equatable {
    package var perSecond: Double
    /// How many may come at once after a rest.
    package var burst: Int
    /// The value of `Stripe-Rate-Limited-Reason`.
    package var reason: String

    package init(perSecond: Double, burst: Int? = nil, reason: String = "global-rate") {
        precondition(perSecond > 0 && burst ?? 1 > 0)
        self.perSecond = perSecond
        self.burst = burst ?? max(1, Int(perSecond))
        self.reason = reason
    }
}

struct TokenBucket: Sendable {
    let rate: RequestRate
    private var tokens: Double
    private var filledAt: ContinuousClock.Instant

    init(_ rate: RequestRate, now: ContinuousClock.Instant) {
        self.rate = rate
        tokens = Double(rate.burst)
        filledAt = now
    }

    /// False when there is none to take; a request that is refused costs nothing.
    mutating func take(now: ContinuousClock.Instant) -> Bool {
        if now > filledAt {
            // A nanosecond's worth too much rather than too little, so that one token a second is one.
            tokens = min(Double(rate.burst), tokens + (now - filledAt) / .seconds(1) * rate.perSecond + 1e-9)
            filledAt = now
        }
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
