extension Instant {
    /// Reads the one unambiguous format of a moment: `2025-06-15T00:00:00Z`, with or without fractions of a
    /// second.
    ///
    /// Foundation's parser reads 30 February as 2 March, and ignores trailing characters.
    package init?(rfc3339 text: String) {
        let form = /([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?Z/
        guard let parts = text.wholeMatch(of: form)?.output, let date = CalendarDate(String(parts.1)),
            let hour = Int64(parts.2), let minute = Int64(parts.3), let second = Int64(parts.4),
            0...23 ~= hour, 0...59 ~= minute, 0...59 ~= second
        else { return nil }
        self = date.beginning.adding(seconds: hour &* 3600 &+ minute &* 60 &+ second)
    }
}

extension Instant {
    /// `2025-06-15T00:00:00Z`.
    package var rfc3339: String {
        let date = CalendarDate(self)
        let second = unixSeconds &- date.beginning.unixSeconds
        let parts = [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(date.text)T\(parts.joined(separator: ":"))Z"
    }
}
