// Only full Foundation has the IANA time zones.
import Foundation

/// Formats and finds moments in one time zone.
package struct LocalTime: Sendable {
    package static let utc = LocalTime(zone: .gmt, name: "UTC")

    package let name: String
    private let zone: TimeZone

    private init(zone: TimeZone, name: String) {
        self.zone = zone
        self.name = name
    }

    /// Accepts an IANA name, such as `Europe/Berlin`; `nil` if the time zone database has no such name.
    package init?(ianaName name: String) {
        if name == "UTC" || name == "Etc/UTC" {
            self.init(zone: .gmt, name: name)
            return
        }
        // `TimeZone(identifier:)` also accepts abbreviations and offsets, which are ambiguous. They contain
        // no slash; IANA names do, except for a few old ones.
        guard name.contains("/") || Self.namesWithoutSlash.contains(name),
            let zone = TimeZone(identifier: name)
        else { return nil }
        self.init(zone: zone, name: name)
    }

    /// All IANA names without a slash, except `Factory`, which marks a clock that was never set:
    /// <https://data.iana.org/time-zones/tzdb/backward> and <https://data.iana.org/time-zones/tzdb/etcetera>.
    package static let namesWithoutSlash: Set<String> = [
        "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT+0",
        "GMT-0",
        "GMT0", "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein",
        "Libya",
        "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC",
        "ROK",
        "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
    ]

    package var isUTC: Bool { zone == .gmt }

    /// Formats a moment, such as `2025-06-15 10:20:30`.
    package func text(_ instant: Instant) -> String {
        let text = local(instant).rfc3339
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
    }

    package func date(of instant: Instant) -> CalendarDate { CalendarDate(local(instant)) }

    /// The first moment of a date.
    ///
    /// If clocks are put forward at midnight, the day begins later, such as at one o'clock. For a date that
    /// the zone skipped, the result is the first moment of the next date.
    package func beginning(of date: CalendarDate) -> Instant {
        // On most days the clocks are not changed, and the offset at any time is that of the day's beginning.
        let likely = date.beginning.adding(seconds: date.beginning.seconds(since: local(date.beginning)))
        if self.date(of: likely) == date, self.date(of: likely.adding(seconds: -1)) < date { return likely }
        // No zone has ever been further from UTC than this.
        var before = date.beginning.adding(seconds: -100_000)
        var from = date.beginning.adding(seconds: 100_000)
        while from.seconds(since: before) > 1 {
            let middle = before.adding(seconds: from.seconds(since: before) / 2)
            if self.date(of: middle) < date { before = middle } else { from = middle }
        }
        return from
    }

    /// Shifts a moment into the zone, but not out of the years 1 to 9999, which have four digits.
    private func local(_ instant: Instant) -> Instant {
        let moment = Date(timeIntervalSince1970: Double(instant.unixSeconds))
        return instant.adding(seconds: Int64(zone.secondsFromGMT(for: moment))).clampedToDates
    }
}
