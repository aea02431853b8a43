import Billing

/// How much of the customers' usage is known.
struct KnownUsage {
    /// The newest indexed day; `nil` if no day is indexed.
    let through: CalendarDate?
    /// The moment of the newest indexed block; `nil` if it is unknown.
    let until: Instant?
    /// The first indexed day, if nothing was leased before it.
    let nothingBefore: CalendarDate?
    /// The days on which the customers have an address: on no others can they have usage.
    let addressDays: [ClosedRange<CalendarDate>]

    /// Whether the spend of a day is known, even if only as far as the day is indexed.
    func isKnown(_ line: UsageLine) -> Bool {
        line.isIndexed || nothingBefore.map { line.date < $0 } ?? false
            || !addressDays.contains { $0.contains(line.date) }
    }

    /// The spend of some days.
    ///
    /// - Returns: `nil` if a day is missing from it.
    func sum(_ lines: [UsageLine]) -> Spend? {
        lines.allSatisfy(isKnown) ? UsageReport.sum(lines) ?? .zero : nil
    }

    /// The spend of some days, as far as they are indexed.
    ///
    /// - Returns: `nil` if none of the days is known.
    func sumSoFar(_ lines: [UsageLine]) -> Spend? {
        lines.contains(where: isKnown) ? UsageReport.sum(lines) ?? .zero : nil
    }
}
