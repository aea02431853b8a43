import Billing

extension QueryReader {
    /// A moment as RFC 3339 writes it in UTC: `2025-06-15T00:00:00Z`, with or without fractions of a second.
    mutating func timestamp(_ name: String) throws(APIError) -> Instant? {
        guard let text = text(name) else { return nil }
        guard let instant = Timestamp.instant(text) else {
            throw .invalid(name, "Give a time such as 2025-06-15T00:00:00Z.")
        }
        return instant
    }
}

/// Reads the one spelling of a moment that leaves nothing to guess.
///
/// Foundation's own reader takes the 30th of February for the 2nd of March, and does not mind what follows.
enum Timestamp {
    static func instant(_ text: some StringProtocol) -> Instant? {
        let text = String(text)
        let form = /([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?Z/
        guard let parts = text.wholeMatch(of: form)?.output, let year = Int64(parts.1),
            let month = Int64(parts.2), let day = Int64(parts.3), let hour = Int64(parts.4),
            let minute = Int64(parts.5), let second = Int64(parts.6)
        else { return nil }
        let days = dayNumber(year: year, month: month, day: day)
        let instant = Instant(unixSeconds: days * 86_400 + hour * 3600 + minute * 60 + second)
        // A day or an hour that there is not would be read as another one.
        let written = "\(parts.1)-\(parts.2)-\(parts.3) \(parts.4):\(parts.5):\(parts.6)"
        return CivilTime(instant).text == written ? instant : nil
    }

    /// Days since 1970-01-01, by eras of 400 years that begin in March.
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let yearOfEra = marchYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return marchYear / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
