/// A moment to the second, counted as Stripe counts it: seconds since 1970 began in UTC.
///
/// Its arithmetic saturates. A timestamp can come from a stranger's header, and no number a stranger writes
/// may stop the service.
package struct Instant: Hashable, Sendable {
    package let unixSeconds: Int64

    package init(unixSeconds: Int64) {
        self.unixSeconds = unixSeconds
    }

    /// Those that have a date as people write it, of the years 1 to 9999.
    ///
    /// - Returns: `nil` for any other.
    package init?(dated unixSeconds: Int64) {
        guard -62_135_596_800...253_402_300_799 ~= unixSeconds else { return nil }
        self.init(unixSeconds: unixSeconds)
    }

    /// How long after `other` this is; negative when it is before.
    package func seconds(since other: Instant) -> Int64 {
        let (difference, overflowed) = unixSeconds.subtractingReportingOverflow(other.unixSeconds)
        guard overflowed else { return difference }
        return unixSeconds < other.unixSeconds ? .min : .max
    }

    package func adding(seconds: Int64) -> Instant {
        let (sum, overflowed) = unixSeconds.addingReportingOverflow(seconds)
        guard overflowed else { return Instant(unixSeconds: sum) }
        return Instant(unixSeconds: seconds < 0 ? .min : .max)
    }
}

extension Instant: Comparable {
    package static func < (earlier: Instant, later: Instant) -> Bool {
        earlier.unixSeconds < later.unixSeconds
    }
}

/// Coded as a bare integer, which is how Stripe and our own API write a time.
extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(unixSeconds: decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(unixSeconds)
    }
}
