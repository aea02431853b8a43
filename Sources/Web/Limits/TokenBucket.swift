import Billing

/// What somebody may still ask for: so many units within a minute, all at once if need be, and by and by as many again.
///
/// Time is an argument. A clock that was put back brings nothing, and takes nothing.
struct TokenBucket: Hashable, Sendable {
    /// In seconds.
    static let window: Int64 = 60

    let limit: Int64
    /// In parts of a unit, of which ``window`` make one: a second brings `limit` of them.
    private var level: Int64
    private var updatedAt: Instant

    init(limit: Int64, now: Instant) {
        self.limit = limit
        level = limit * Self.window
        updatedAt = now
    }

    /// Whole units that are left.
    var remaining: Int64 { level / Self.window }

    /// Seconds until all of it is there again.
    var secondsUntilFull: Int64 { (limit * Self.window - level + limit - 1) / limit }

    /// Takes units, or nothing.
    ///
    /// - Parameters:
    ///   - cost: What costs more than there can ever be takes all of it.
    ///   - now: The time.
    /// - Returns: After how many seconds there will be enough; 0 where it was taken.
    mutating func take(_ cost: Int64, now: Instant) -> Int64 {
        let seconds = min(max(0, now.seconds(since: updatedAt)), Self.window)
        level = min(limit * Self.window, level + seconds * limit)
        updatedAt = now
        let price = min(cost, limit) * Self.window
        guard level >= price else { return (price - level + limit - 1) / limit }
        level -= price
        return 0
    }
}
