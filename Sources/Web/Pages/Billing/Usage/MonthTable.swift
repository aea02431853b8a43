import Billing

/// The spend of each month, for comparison.
enum MonthTable {
    /// The minimum number of months in the table, including the current one.
    static let minimumMonths: Int64 = 6

    /// Extends the range to whole months, so that all months but the current one are comparable.
    ///
    /// - Parameters:
    ///   - dates: Days that are not after today.
    ///   - today: The day on which the current month ends as yet.
    /// - Returns: The days of the months.
    static func dates(
        around dates: ClosedRange<CalendarDate>,
        today: CalendarDate
    ) -> ClosedRange<CalendarDate> {
        let latest = dates.upperBound.adding(months: 1 &- minimumMonths)
        let end = dates.upperBound.firstOfMonth.adding(months: 1).adding(days: -1)
        return min(dates.lowerBound, latest).firstOfMonth...min(end, today)
    }

    static func table(_ months: [UsageMonth], fileLink: String) -> NumberTable {
        NumberTable(
            tableID: "months",
            caption: "Spend in each month (UTC)",
            stub: "Month",
            columns: [NumberTable.Column(heading: "Spend")],
            lines: months.reversed().map { month in
                NumberTable.Line(
                    machine: month.month,
                    label: CalendarDate(month.month + "-01").map { "\($0.monthName) \($0.parts.year)" }
                        ?? month.month,
                    isOpen: month.spend != nil && !month.isComplete,
                    cells: [NumberTable.Cell(month.spend)]
                )
            },
            fileLink: fileLink
        )
    }

    static let chart = NumberChart(
        chartID: "chart-months",
        chartTitle: "Monthly spending comparison",
        form: "bars",
        tableOfChart: "months",
        firstColumn: 0,
        endColumn: 1,
        meaning: "What each month cost."
    )
}
