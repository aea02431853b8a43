import Billing

/// The token buckets of callers, limited in number.
///
/// There are two halves. A full recent half becomes the older half, whose previous callers are dropped. A
/// caller in neither half starts with a full bucket.
struct CallerBuckets: Sendable {
    private var recent: [LimitedCaller: TokenBucket] = [:]
    private var older: [LimitedCaller: TokenBucket] = [:]
    private let half: Int

    init(half: Int = 10_000) { self.half = half }

    var count: Int { recent.count + older.count }

    /// Takes units from a caller's bucket; see ``TokenBucket/take(_:now:)``.
    ///
    /// - Returns: The seconds to wait, and the bucket's new state.
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

    /// Puts back the units of a request for which nothing was done.
    ///
    /// - Returns: The bucket's new state; `nil` if the caller was dropped meanwhile.
    mutating func giveBack(_ cost: Int64, to caller: LimitedCaller) -> TokenBucket? {
        guard var bucket = recent[caller] ?? older[caller] else { return nil }
        bucket.giveBack(cost)
        if recent[caller] == nil { older[caller] = bucket } else { recent[caller] = bucket }
        return bucket
    }
}
