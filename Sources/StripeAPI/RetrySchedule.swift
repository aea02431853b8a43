/// When to retry a request to Stripe or another server after a failure.
///
/// It only decides: the caller supplies randomness and does the waiting.
package struct RetrySchedule: Sendable, Equatable {
    package enum Decision: Equatable, Sendable { case retry(afterSeconds: Int64), giveUp }

    package let maxAttempts: Int
    package let baseSeconds: Int64
    package let capSeconds: Int64
    /// The longest `Retry-After` that is respected, in seconds.
    package let maxRetryAfterSeconds: Int64

    package init(
        maxAttempts: Int = 12,
        baseSeconds: Int64 = 1,
        capSeconds: Int64 = 600,
        maxRetryAfterSeconds: Int64 = 3600
    ) {
        precondition(maxAttempts > 0 && baseSeconds > 0 && maxRetryAfterSeconds >= 0)
        // A year is more than is useful, and exact in `Double` arithmetic.
        precondition((baseSeconds...31_536_000).contains(capSeconds))
        self.maxAttempts = maxAttempts
        self.baseSeconds = baseSeconds
        self.capSeconds = capSeconds
        self.maxRetryAfterSeconds = maxRetryAfterSeconds
    }

    /// Decides what to do after a failed attempt.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been, 1 after the first.
    ///   - error: The error of the last attempt.
    ///   - random: A fresh number, at least 0 and below 1.
    /// - Returns: Whether to give up, or how many seconds to wait: at least one, so that retries are never
    ///   immediate.
    package func decision(afterAttempt attempt: Int, error: StripeAPIError, random: Double) -> Decision {
        guard attempt < maxAttempts, Self.isWorthRetrying(error) else { return .giveUp }
        let asked = error.refusal?.retryAfterSeconds
        return .retry(afterSeconds: wait(afterAttempt: attempt, askedSeconds: asked, random: random))
    }

    /// How long to wait after a failed attempt that is worth a retry.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been, 1 after the first.
    ///   - askedSeconds: The server's `Retry-After`, respected up to ``maxRetryAfterSeconds``.
    ///   - random: A fresh number, at least 0 and below 1.
    /// - Returns: Seconds, at least one.
    package func wait(afterAttempt attempt: Int, askedSeconds: Int64?, random: Double) -> Int64 {
        max(min(askedSeconds ?? 0, maxRetryAfterSeconds), backoff(afterAttempt: attempt, random: random))
    }

    /// Full jitter: a random time from one second up to a ceiling that doubles with each attempt.
    ///
    /// Clients that failed at the same time then retry at different times.
    private func backoff(afterAttempt attempt: Int, random: Double) -> Int64 {
        // Double only up to the cap: a shift by the attempt number would overflow eventually.
        var ceiling = baseSeconds
        var doublings = max(attempt, 1) - 1
        while doublings > 0, ceiling < capSeconds {
            ceiling = ceiling > capSeconds / 2 ? capSeconds : ceiling &* 2
            doublings -= 1
        }
        let draw = min(max(random, 0), 1) * Double(ceiling)
        return min(ceiling, 1 &+ Int64(clamping: draw))
    }

    private static func isWorthRetrying(_ error: StripeAPIError) -> Bool {
        // `Stripe-Should-Retry` decides, in both directions.
        if let shouldRetry = error.refusal?.shouldRetry { return shouldRetry }
        return switch error {
        case .conflict, .rateLimited, .serverFault: true
        // This may be a proxy's page or a truncated response; a retry may succeed.
        case .notAnObject, .notAList, .wrongObject: true
        case .transport(.unsendable): false
        case .transport: true
        case .invalidArgument, .accountRequired, .unauthorized, .forbidden, .notFound, .rejected,
            .unexpectedStatus:
            false
        }
    }
}
