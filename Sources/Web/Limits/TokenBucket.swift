import Billing

/// A token bucket: it holds up to `limit` units, and is refilled evenly by `limit` units a minute.
///
/// The time is an argument. A clock that is set back neither adds nor removes units.
struct TokenBucket: Hashable, Sendable {
    /// The window in seconds, in which an empty bucket becomes full.
    static let window: Int64 = 60

    let limit: Int64
    /// The level in fractions of a unit: ``window`` fractions are one unit, and each second adds `limit`
    /// fractions.
    private var level: Int64
    private var updatedAt: Instant

    init(limit: Int64, now: Instant) {
        self.limit = limit
        level = limit &* Self.window
        updatedAt = now
    }

    /// The whole units that remain.
    var remaining: Int64 { level / Self.window }

    /// The seconds until the bucket is full.
    var secondsUntilFull: Int64 { (limit &* Self.window &- level &+ limit &- 1) / limit }

    /// Takes units, of a cost above the limit a full bucket, and returns 0; or none, and the seconds until
    /// there are enough.
    mutating func take(_ cost: Int64, now: Instant) -> Int64 {
        let seconds = min(max(0, now.seconds(since: updatedAt)), Self.window)
        level = min(limit &* Self.window, level &+ seconds &* limit)
        updatedAt = now
        let price = min(cost, limit) &* Self.window
        guard level >= price else { return (price &- level &+ limit &- 1) / limit }
        level &-= price
        return 0
    }

    /// Puts back the units of a request for which nothing was done.
    mutating func giveBack(_ cost: Int64) {
        level = min(limit &* Self.window, level &+ min(cost, limit) &* Self.window)
    }
}
