package import Billing

/// A moment as an operator writes it: `30d` or `12h` ago, a day, RFC 3339, or Unix seconds.
package enum MomentText {
    package static let accepts =
        "30d or 12h (ago), a day such as 2026-11-01, a time such as 2026-11-01T10:00:00Z, or unix seconds"

    /// Parses a moment.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - isEnd: Whether a day means its last second, because the moment ends a period.
    ///   - now: The time from which `30d` or `12h` count back.
    /// - Returns: `nil` for any other format.
    package static func instant(_ text: String, isEnd: Bool = false, now: Instant) -> Instant? {
        if let ago = secondsAgo(text) { return now.adding(seconds: ago.negatedClamped) }
        if let day = CalendarDate(text)?.beginning {
            return isEnd ? day.adding(seconds: 86_399) : day
        }
        if let moment = Instant(rfc3339: text) ?? withOffset(text) { return moment }
        // Numbers with fewer digits are moments before 1973; an operator more likely forgot the unit of a
        // number of days.
        guard (9...12).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int64(text), seconds <= 253_402_300_799
        else { return nil }
        return Instant(unixSeconds: seconds)
    }

    private static func secondsAgo(_ text: String) -> Int64? {
        guard let match = text.wholeMatch(of: /([0-9]{1,6})([smhdw])/)?.output, let number = Int64(match.1)
        else { return nil }
        let unit: Int64 =
            switch match.2 {
            case "s": 1
            case "m": 60
            case "h": 3600
            case "d": 86_400
            default: 604_800
            }
        return number &* unit
    }

    /// Parses a time with an offset, such as `2026-11-01T10:00:00+02:00`.
    private static func withOffset(_ text: String) -> Instant? {
        guard let match = text.wholeMatch(of: /(.{19}(?:\.[0-9]{1,9})?)([+-])([0-9]{2}):([0-9]{2})/)?.output,
            let utc = Instant(rfc3339: match.1 + "Z"), let hours = Int64(match.3), hours < 24,
            let minutes = Int64(match.4), minutes < 60
        else { return nil }
        let offset = hours &* 3600 &+ minutes &* 60
        return utc.adding(seconds: match.2 == "+" ? offset.negatedClamped : offset)
    }
}
