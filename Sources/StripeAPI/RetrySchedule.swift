/// When to ask Stripe, or somebody else, again after a failure.
///
/// A decision only: randomness comes in as an argument, and waiting is the caller's.
package struct RetrySchedule: Sendable, Equatable {
    package enum Decision: Equatable, Sendable { case retry(afterSeconds: Int64), giveUp }

    package let maxAttempts: Int
    package let baseSeconds: Int64
    package let capSeconds: Int64
    /// The longest that the other side may send us away for.
    package let maxRetryAfterSeconds: Int64

    package init(
        maxAttempts: Int = 12,
        baseSeconds: Int64 = 1,
        capSeconds: Int64 = 600,
        maxRetryAfterSeconds: Int64 = 3600
    ) {
        precondition(maxAttempts > 0 && baseSeconds > 0 && maxRetryAfterSeconds >= 0)
        // A year is beyond any use, and well inside what arithmetic on a Double keeps exact.
        precondition((baseSeconds...31_536_000).contains(capSeconds))
        self.maxAttempts = maxAttempts
        self.baseSeconds = baseSeconds
        self.capSeconds = capSeconds
        self.maxRetryAfterSeconds = maxRetryAfterSeconds
    }

    /// What to do after an attempt that failed.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been, 1 after the first.
    ///   - error: What the last one ended with.
    ///   - random: A fresh number, at least 0 and below 1.
    /// - Returns: To give up, or how many seconds to wait: at least one, so that no draw hammers.
    package func decision(afterAttempt attempt: Int, error: StripeAPIError, random: Double) -> Decision {
        guard attempt < maxAttempts, Self.isWorthRetrying(error) else { return .giveUp }
        let asked = error.refusal?.retryAfterSeconds
        return .retry(afterSeconds: wait(afterAttempt: attempt, askedSeconds: asked, random: random))
    }

    /// How long to wait after an attempt that failed and is worth another.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been, 1 after the first.
    ///   - askedSeconds: What the other side asked for (`Retry-After`), heeded up to a limit.
    ///   - random: A fresh number, at least 0 and below 1.
    /// - Returns: Seconds, at least one.
    package func wait(afterAttempt attempt: Int, askedSeconds: Int64?, random: Double) -> Int64 {
        max(min(askedSeconds ?? 0, maxRetryAfterSeconds), backoff(afterAttempt: attempt, random: random))
    }

    /// Full jitter: anything from one second up to a ceiling that doubles.
    ///
    /// Those who failed together then spread out.
    private func backoff(afterAttempt attempt: Int, random: Double) -> Int64 {
        // Doubled only up to the cap: shifting by the attempt would overflow for some attempt.
        var ceiling = baseSeconds
        var doublings = max(attempt, 1) - 1
        while doublings > 0, ceiling < capSeconds {
            ceiling = ceiling > capSeconds / 2 ? capSeconds : ceiling * 2
            doublings -= 1
        }
        let draw = min(max(random, 0), 1) * Double(ceiling)
        return min(ceiling, 1 + Int64(draw))
    }

    private static func isWorthRetrying(_ error: StripeAPIError) -> Bool {
        // Stripe knows best, in both directions.
        if let shouldRetry = error.refusal?.shouldRetry { return shouldRetry }
        return switch error {
        case .conflict, .rateLimited, .serverFault: true
        // A proxy's page or half an answer: the next one may be whole.
        case .notAnObject, .notAList, .wrongObject: true
        case .transport(.unsendable): false
        case .transport: true
        case .invalidArgument, .accountRequired, .unauthorized, .forbidden, .notFound, .rejected,
            .unexpectedStatus:
            false
        }
    }
}
