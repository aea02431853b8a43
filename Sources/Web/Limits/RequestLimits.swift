import Billing
import Synchronization

/// What callers may ask for, each of them and all together, and what bodies may take.
///
/// The limits are there so that nobody can keep others from being served; those of honest callers are meant never to be
/// met. Stripe's deliveries and questions of health take nothing of them.
final class RequestLimits: Sendable {
    /// In units a minute.
    struct Rates: Sendable {
        /// Of a user, a customer or a stranger's address: 100 rows or ten reports a second, again and again.
        var caller: Int64 = 6000
        /// Of a key that names no user: it speaks for all customers at once.
        var key: Int64 = 120_000

        /// - Parameter given: `RATE_LIMIT`, which holds for every caller; `nil` for what is said above.
        init(_ given: Int64?) {
            guard let given else { return }
            (caller, key) = (given, given)
        }

        func limit(of caller: LimitedCaller) -> Int64 {
            caller.isKey ? key : self.caller
        }

        /// Of all callers together.
        var process: Int64 { 10 * key }
    }

    let bodies: BodyBudget
    let heavyReads: HeavyReads
    private let rates: Rates
    private let buckets = Mutex<(callers: CallerBuckets, process: TokenBucket?)>((CallerBuckets(), nil))

    init(
        _ rates: Rates = Rates(nil),
        bodies: BodyBudget = BodyBudget.none,
        heavyReads: HeavyReads = HeavyReads()
    ) {
        self.rates = rates
        self.bodies = bodies
        self.heavyReads = heavyReads
    }

    /// What taking some units came to.
    struct Taken {
        /// The caller's, as it is now.
        let bucket: TokenBucket
        /// How long to wait for what was not given; 0 where it was.
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
            }
            return taken
        }
    }
}
