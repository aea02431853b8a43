/// The totals of one group on one day.
package struct UsageGroup: Sendable, Equatable {
    package let date: CalendarDate
    /// The result of ``UsageGrouping/group(of:tags:)``.
    package let group: String
    package fileprivate(set) var totals: UsageTotals

    package init(date: CalendarDate, group: String, totals: UsageTotals) {
        self.date = date
        self.group = group
        self.totals = totals
    }
}

/// The usage of one day, or of one group on the day.
package struct UsageLine: Sendable, Equatable {
    package let date: CalendarDate
    /// The result of ``UsageGrouping/group(of:tags:)``.
    package let group: String
    package let totals: UsageTotals
    /// With the corrections.
    package private(set) var spend: Spend
    /// Whether the day's last block is indexed and all usage has a price; otherwise the line may still
    /// change.
    package let isComplete: Bool
    /// Whether any block of the day is indexed; otherwise the cost is unknown.
    package let isIndexed: Bool
    /// The entries that correct the day.
    package private(set) var corrections: [UsageCorrection] = []

    /// The line with some entries, which count in its cost.
    package func corrected(by entries: [UsageCorrection]) -> UsageLine {
        var line = self
        line.corrections += entries
        line.spend = entries.reduce(spend) { $0.corrected(by: $1.amount) }
        return line
    }

    /// The sum of the corrections.
    package var correction: ExactAmount { corrections.reduce(.zero) { $0 + $1.amount } }

    /// The cost in dollars; `nil` if it is unknown, because the day is not indexed or a token has no price.
    package var spent: ExactAmount? { isIndexed ? spend.total : nil }
}

/// Usage for readers, with tokens converted to dollars by the price of their day.
package enum UsageReport {
    /// A line for each group of each day, by ascending date and group.
    ///
    /// - Parameters:
    ///   - groups: The groups of all addresses to combine.
    ///   - calendar: The known days of the range.
    ///   - dates: The days that get a line even without a lease; `nil` for none.
    /// - Returns: The lines.
    package static func lines(
        _ groups: [UsageGroup],
        calendar: [CalendarDay],
        zeroFilling dates: ClosedRange<CalendarDate>? = nil
    ) -> [UsageLine] {
        let days = Dictionary(uniqueKeysWithValues: calendar.map { ($0.date, $0) })
        var groups = groups
        if let dates {
            let used = Set(groups.map(\.date))
            groups += dates.filter { !used.contains($0) }
                .map { UsageGroup(date: $0, group: "", totals: UsageTotals()) }
        }
        // Mostly sorted already, because a store returns the groups of an address by date and name.
        groups.sort { $0.date == $1.date ? $0.group < $1.group : $0.date < $1.date }
        var combined: [UsageGroup] = []
        combined.reserveCapacity(groups.count)
        for group in groups {
            if let last = combined.last, last.date == group.date, last.group == group.group {
                combined[combined.count - 1].totals += group.totals
            } else {
                combined.append(group)
            }
        }
        return combined.map { line($0.date, $0.group, $0.totals, days[$0.date]) }
    }

    private static func line(
        _ date: CalendarDate,
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

    /// The sum of each month's lines by group, by ascending month and group.
    ///
    /// - Parameters:
    ///   - lines: The lines of the days.
    ///   - first: A day before which nothing was leased: earlier days do not make a month incomplete.
    /// - Returns: The months.
    package static func months(
        _ lines: [UsageLine],
        nothingBefore first: CalendarDate? = nil
    ) -> [UsageMonth] {
        Dictionary(grouping: lines) { MonthOfGroup(month: $0.date.monthText, group: $0.group) }.sorted {
            ($0.key.month, $0.key.group) < ($1.key.month, $1.key.group)
        }.map { key, lines in
            UsageMonth(
                month: key.month,
                group: key.group,
                spend: sum(lines),
                days: Set(lines.filter { $0.totals.leases > 0 }.map(\.date)).count,
                corrections: lines.reduce(.zero) { $0 + $1.correction },
                isComplete: lines.contains(where: \.isIndexed)
                    && lines.allSatisfy { line in
                        line.isComplete || !line.isIndexed && first.map { line.date < $0 } ?? false
                    }
            )
        }
    }

    private struct MonthOfGroup: Hashable {
        let month: String
        let group: String
    }

    /// The spend of the days that are indexed; `nil` if none of them is.
    package static func sum(_ lines: some Sequence<UsageLine>) -> Spend? {
        let indexed = lines.filter(\.isIndexed)
        return indexed.isEmpty ? nil : indexed.reduce(.zero) { $0 + $1.spend }
    }
}

/// The usage of one month, or of one group in the month.
package struct UsageMonth: Sendable, Equatable {
    /// `YYYY-MM`.
    package let month: String
    /// The result of ``UsageGrouping/group(of:tags:)``.
    package let group: String
    /// `nil` if no day of the month is indexed.
    package let spend: Spend?
    /// The number of days with a lease.
    package let days: Int
    /// The part of the spend that entries correct.
    package let corrections: ExactAmount
    package let isComplete: Bool
}
