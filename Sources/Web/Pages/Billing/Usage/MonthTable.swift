import Billing

/// The spend of each month, for comparison.
enum MonthTable {
    /// The minimum number of months in the table, including the current one.
    static let minimumMonths: Int64 = 6

    /// Extends the range to whole months, so that the first month is comparable with the others.
    static func dates(around dates: ClosedRange<CalendarDate>) -> ClosedRange<CalendarDate> {
        let latest = dates.upperBound.adding(months: 1 &- minimumMonths)
        return min(dates.lowerBound, latest).firstOfMonth...dates.upperBound
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
                    isOpen: !month.isComplete,
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
