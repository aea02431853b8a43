import Billing

/// The buckets of callers, of which it remembers a bounded number.
///
/// In two halves: when the recent one is full it takes the other's place, and who was in neither begins anew, with a full
/// bucket.
struct CallerBuckets: Sendable {
    private var recent: [LimitedCaller: TokenBucket] = [:]
    private var older: [LimitedCaller: TokenBucket] = [:]
    private let half: Int

    init(half: Int = 10_000) { self.half = half }

    var count: Int { recent.count + older.count }

    /// Takes units of a caller's; see ``TokenBucket/take(_:now:)``.
    ///
    /// - Returns: The seconds to wait, and the bucket as it is now.
    mutating func take(
        _ cost: Int64,
        of caller: LimitedCaller,
        limit: Int64,
        now: Instant
    ) -> (seconds: Int64, bucket: TokenBucket) {
        var bucket = recent[caller] ?? older[caller] ?? TokenBucket(limit: limit, now: now)
        let seconds = bucket.take(cost, now: now)
        if recent[caller] == nil, recent.count >= half {
            older = recent
            recent = [:]
        }
        recent[caller] = bucket
        return (seconds, bucket)
    }
}
