package import JSON

/// A moment in seconds since the start of 1970 in UTC, as Stripe counts.
///
/// The arithmetic saturates. A timestamp may come from an unverified header, and no value may stop the
/// service.
package struct Instant: Hashable, Sendable {
    package let unixSeconds: Int64

    package init(unixSeconds: Int64) {
        self.unixSeconds = unixSeconds
    }

    /// Accepts only moments in the years 1 to 9999, whose dates can be written.
    ///
    /// - Returns: `nil` for any other.
    package init?(dated unixSeconds: Int64) {
        guard Self.dated ~= unixSeconds else { return nil }
        self.init(unixSeconds: unixSeconds)
    }

    private static let dated: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// The nearest moment in the years 1 to 9999.
    package var clampedToDates: Instant {
        Instant(unixSeconds: min(max(unixSeconds, Self.dated.lowerBound), Self.dated.upperBound))
    }

    /// The seconds from `other` to this moment; negative if this moment is earlier.
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

/// Coded as an integer, which is the format of Stripe's API and of ours.
extension Instant: JSONEncodable, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) { try self.init(unixSeconds: Int64(json)) }

    package func encode(to json: inout JSONWriter) { json.write(unixSeconds) }
}
