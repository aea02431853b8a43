import Billing

/// The daily movements of the balance.
enum BalanceTable {
    private static let balanceColumn = 5
    private static let purchasesColumn = 6

    static func table(_ days: [BalanceDay], fileLink: String) -> NumberTable {
        NumberTable(
            tableID: "balance",
            caption: "Balance at the end of each day (UTC), and what came and went",
            stub: "Date",
            columns: [
                "Purchases", "Refunds", "Disputes", "Credits", "Spend", "Balance", "Purchases to date",
            ].map(NumberTable.Column.init),
            lines: days.reversed().map { day in
                NumberTable.Line(
                    machine: day.date.text,
                    label: day.date.readable,
                    isOpen: day.knownSpend != nil && !day.isComplete,
                    cells: [
                        day.purchases, day.refunds, day.disputes, day.credits, day.knownSpend, day.closing,
                        day.purchasesToDate,
                    ].map { NumberTable.Cell($0, in: day.currency) }
                )
            },
            fileLink: fileLink
        )
    }

    static let charts = [
        NumberChart(
            chartID: "chart-balance",
            chartTitle: "Account balance",
            form: "steps",
            tableOfChart: "balance",
            firstColumn: balanceColumn,
            endColumn: balanceColumn + 1,
            meaning: "The balance at the end of each day."
        ),
        NumberChart(
            chartID: "chart-purchases",
            chartTitle: "Cumulative purchases",
            form: "steps",
            tableOfChart: "balance",
            firstColumn: purchasesColumn,
            endColumn: purchasesColumn + 1,
            meaning: "All purchases up to each day."
        ),
    ]
}
