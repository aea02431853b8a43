package import Billing

/// Adds up the usage of one owner's leases on some days.
package struct UsageAggregator: Sendable {
    typealias Group = (grouping: UsageGrouping, group: UsageGroup)

    private let calendar: [CalendarDay]
    private let leases: [LeaseState]
    private let tags: [Int64: String]

    /// - Parameters:
    ///   - calendar: The days, by ascending date.
    ///   - leases: The owner's leases with a block in one of the days, or with frozen days (`kept`).
    ///   - tags: The values of the tag by which they are grouped, by dseq.
    package init(calendar: [CalendarDay], leases: [LeaseState], tags: [Int64: String] = [:]) {
        self.calendar = calendar
        self.leases = leases
        self.tags = tags
    }

    /// The groupings whose totals are stored.
    ///
    /// Totals per deployment are not stored: they would need as many rows as an answer has lines. Nor are those by tag,
    /// which a request can change for all days.
    package static let kept = UsageGrouping.ofLeases.filter { $0 != .deployment }

    /// The heights by which to look for leases; `nil` if the calendar has none of the days.
    package static func heights(of calendar: [CalendarDay]) -> Range<Int64>? {
        calendar.isEmpty ? nil : Range(covering: calendar.map(\.heights))
    }

    /// The work of adding up, in steps of a hundred leases; at least one.
    package var steps: Int { 1 + leases.count / 100 }

    /// The totals of each group, by grouping, and then ascending by date and name.
    func groups(by groupings: [UsageGrouping]) -> [Group] {
        let days = groupings.flatMap { grouping in
            UsageTotals.groups(of: leases, on: calendar, by: grouping, tags: tags).map { (grouping, $0) }
        }
        return days.flatMap { grouping, day in
            day.groups.sorted { $0.key < $1.key }.map { name, totals in
                (grouping, UsageGroup(date: day.date, group: name, totals: totals))
            }
        }
    }
}
