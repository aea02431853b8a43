package import Billing

/// Adds up the usage of one owner's leases on some days.
package struct UsageTotalling: Sendable {
    package typealias Group = (grouping: UsageGrouping, group: UsageGroup)

    private let calendar: [CalendarDay]
    private let leases: [KnownLease]

    /// - Parameters:
    ///   - calendar: The days, by ascending date.
    ///   - leases: The owner's leases with a block in one of the days, or with frozen days (`kept`).
    package init(calendar: [CalendarDay], leases: [KnownLease]) {
        self.calendar = calendar
        self.leases = leases
    }

    /// The groupings whose totals are stored.
    ///
    /// Totals per deployment are not stored: they would need as many rows as an answer has lines.
    package static let kept = UsageGrouping.allCases.filter { $0 != .deployment }

    /// The heights by which to look for leases; `nil` if the calendar has none of the days.
    package static func heights(of calendar: [CalendarDay]) -> Range<Int64>? {
        calendar.isEmpty ? nil : Range(covering: calendar.map(\.heights))
    }

    /// The totals of each group, by ascending date, grouping and name.
    package func groups(by groupings: [UsageGrouping]) -> [Group] {
        var groups: [Group] = []
        for day in calendar {
            for grouping in groupings {
                let totals = UsageTotals.groups(of: leases, on: day, by: grouping)
                for (name, totals) in totals.sorted(by: { $0.key < $1.key }) {
                    groups.append((grouping, UsageGroup(date: day.date, group: name, totals: totals)))
                }
            }
        }
        return groups
    }
}
