import Billing
import Synchronization

/// The limits of the service: a rate for each caller, one for all callers together, and the memory for
/// bodies.
///
/// The limits keep one caller from blocking others, and are meant to be above all legitimate use. Stripe's
/// deliveries and health checks are not limited.
final class RequestLimits: Sendable {
    /// The rates in units a minute.
    struct Rates: Sendable {
        /// The rate of a user, a customer or an address (`RATE_LIMIT`): a sustained 100 rows or ten reports a
        /// second by default.
        var caller: Int64 = 6000
        /// The rate of an API key without a user, which acts for all customers (`SERVICE_RATE_LIMIT`).
        var key: Int64 = 120_000

        func limit(of caller: LimitedCaller) -> Int64 {
            caller.isKey ? key : self.caller
        }

        /// The rate of all callers together.
        var process: Int64 { 10 &* max(caller, key) }
    }

    let bodies: BodyBudget
    let heavyReads: HeavyReads
    private let rates: Rates
    private let buckets = Mutex<(callers: CallerBuckets, process: TokenBucket?)>((CallerBuckets(), nil))

    init(
        _ rates: Rates = Rates(),
        bodies: BodyBudget = BodyBudget(limit: 0),
        heavyReads: HeavyReads = HeavyReads()
    ) {
        self.rates = rates
        self.bodies = bodies
        self.heavyReads = heavyReads
    }

    /// The result of taking units.
    struct Taken {
        /// The caller's bucket, in its new state.
        var bucket: TokenBucket
        /// The seconds to wait; 0 if the units were taken.
        var callerSeconds: Int64 = 0
        var processSeconds: Int64 = 0
    }

    func take(_ cost: Int64, of caller: LimitedCaller, now: Instant) -> Taken {
        buckets.withLock { buckets in
            let own = buckets.callers.take(cost, of: caller, limit: rates.limit(of: caller), now: now)
            var taken = Taken(bucket: own.bucket, callerSeconds: own.seconds)
            if own.seconds == 0 {
                var process = buckets.process ?? TokenBucket(limit: rates.process, now: now)
                taken.processSeconds = process.take(cost, now: now)
                buckets.process = process
                if taken.processSeconds > 0 {
                    taken.bucket = buckets.callers.giveBack(cost, to: caller) ?? taken.bucket
                }
            }
            return taken
        }
    }

    /// Puts back the units of a request that the service refused although its caller had them.
    ///
    /// - Returns: The caller's bucket, in its new state; `nil` if the caller is no longer known.
    func giveBack(_ cost: Int64, to caller: LimitedCaller) -> TokenBucket? {
        buckets.withLock { $0.callers.giveBack(cost, to: caller) }
    }
}
