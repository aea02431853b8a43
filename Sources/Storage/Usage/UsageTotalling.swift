package import Billing

/// Adds up what the leases of one owner did on some days.
package struct UsageTotalling: Sendable {
    package typealias Group = (grouping: UsageGrouping, group: UsageGroup)

    private let calendar: [CalendarDay]
    private let leases: [KnownLease]

    /// - Parameters:
    ///   - calendar: The days, by rising date.
    ///   - leases: Those of the owner that have a block of one of them, or are kept to have one.
    package init(calendar: [CalendarDay], leases: [KnownLease]) {
        self.calendar = calendar
        self.leases = leases
    }

    /// The groupings whose totals are kept.
    ///
    /// Nobody keeps a row for each deployment and day; there are as many of them as an answer has lines.
    package static let kept = UsageGrouping.allCases.filter { $0 != .deployment }

    /// The heights that the leases are looked for by; `nil` when none of the days is known.
    package static func heights(of calendar: [CalendarDay]) -> Range<Int64>? {
        calendar.isEmpty ? nil : Range(covering: calendar.map(\.heights))
    }

    /// The totals of each group, by rising date, grouping and name.
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
