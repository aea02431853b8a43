import Billing

/// A table of amounts, from which a chart is drawn: a row a day or a month, a column a series.
struct NumberTable {
    struct Cell: Equatable {
        /// Exact, as the file has it; `nil` where nobody knows.
        let cellNumber: String?
        let cellText: String

        init(_ amount: ExactAmount, in currency: Currency = .usd) {
            cellNumber = amount.exactText
            cellText = PageAmount.text(amount, in: currency)
        }

        /// What something cost; a part without a price is shown beside the other, and is in no sum.
        init(_ spend: Spend?) {
            cellNumber = spend?.total?.exactText
            cellText =
                spend.map { spend in
                    spend.total.map { PageAmount.text($0) } ?? spend.display
                } ?? "–"
        }
    }

    struct Line {
        /// What the row is about, such as `2026-11-28` or `2026-11`.
        let machine: String
        let label: String
        /// Whether it may yet change.
        let isOpen: Bool
        let cells: [Cell]
    }

    struct Column {
        let heading: String
    }

    let tableID: String
    let caption: String
    /// What the rows are: `Date` or `Month`.
    let stub: String
    let columns: [Column]
    let lines: [Line]
    let fileLink: String
    let currency = "USD"
}

/// A chart: which columns of which table, and how.
struct NumberChart {
    let chartID: String
    let chartTitle: String
    /// `line`, `steps`, `bars` or `stack`, as the script knows them.
    let form: String
    let tableOfChart: String
    /// The first column and the one after the last, counted from the first of amounts.
    let firstColumn: Int
    let endColumn: Int
    /// For those who do not see it.
    let meaning: String
}
