/// The totals of one group on one day.
package struct UsageGroup: Sendable, Equatable {
    package let date: CivilDate
    /// As ``UsageGrouping/group(of:)`` says.
    package let group: String
    package let totals: UsageTotals

    package init(date: CivilDate, group: String, totals: UsageTotals) {
        self.date = date
        self.group = group
        self.totals = totals
    }
}

/// What one day, or one group of it, came to.
package struct UsageLine: Sendable, Equatable {
    package let date: CivilDate
    /// As ``UsageGrouping/group(of:)`` says.
    package let group: String
    package let totals: UsageTotals
    package let spend: Spend
    /// Whether the day's last block is indexed and all of it has a price; otherwise it may yet change.
    package let isComplete: Bool
    /// Whether any of the day is indexed; a day that is not cost nobody knows what.
    package let isIndexed: Bool
}

/// Usage as it is read: tokens become dollars here, by the price of their day.
package enum UsageReport {
    /// A line for each group of each day, by rising date and group.
    ///
    /// - Parameters:
    ///   - groups: Of all addresses that are to be seen together.
    ///   - calendar: The days in question, as far as they are known.
    ///   - dates: Those that are to have a line even when nothing was leased on them; `nil` for none.
    /// - Returns: The lines.
    package static func lines(
        _ groups: [UsageGroup],
        calendar: [CalendarDay],
        zeroFilling dates: ClosedRange<CivilDate>? = nil
    ) -> [UsageLine] {
        let days = Dictionary(uniqueKeysWithValues: calendar.map { ($0.date, $0) })
        var totals: [CivilDate: [String: UsageTotals]] = [:]
        for group in groups {
            totals[group.date, default: [:]][group.group, default: UsageTotals()] += group.totals
        }
        for date in dates.map(Array.init) ?? [] where totals[date] == nil {
            totals[date] = ["": UsageTotals()]
        }
        return totals.sorted { $0.key < $1.key }.flatMap { date, groups in
            groups.sorted { $0.key < $1.key }.map { group, totals in
                line(date, group, totals, days[date])
            }
        }
    }

    private static func line(
        _ date: CivilDate,
        _ group: String,
        _ totals: UsageTotals,
        _ day: CalendarDay?
    ) -> UsageLine {
        let spend = Spend(totals.amounts, aktPrice: day?.aktPrice)
        return UsageLine(
            date: date,
            group: group,
            totals: totals,
            spend: spend,
            isComplete: day?.isFinal == true && spend.total != nil,
            isIndexed: day != nil
        )
    }

    /// The lines of each month added up, by rising month.
    package static func months(_ lines: [UsageLine]) -> [UsageMonth] {
        Dictionary(grouping: lines, by: \.date.monthText).sorted { $0.key < $1.key }.map { month, lines in
            UsageMonth(
                month: month,
                spend: lines.reduce(.zero) { $0 + $1.spend },
                days: Set(lines.filter { $0.totals.leases > 0 }.map(\.date)).count,
                isComplete: lines.allSatisfy(\.isComplete)
            )
        }
    }
}

/// What one month came to.
package struct UsageMonth: Sendable, Equatable {
    /// `YYYY-MM`.
    package let month: String
    package let spend: Spend
    /// On how many days anything was leased.
    package let days: Int
    package let isComplete: Bool
}
