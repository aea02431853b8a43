import Billing

/// A table of amounts, which a chart can show: a row for each day or month, and a column for each series.
struct NumberTable {
    struct Cell: Equatable {
        /// The amount to six decimal places, as in ``PageAmount/number``; `nil` if it is unknown.
        let cellNumber: String?
        let cellText: String

        init(_ amount: ExactAmount?, in currency: Currency = .usd) {
            let shown = amount.map { PageAmount($0, in: currency) }
            (cellNumber, cellText) = (shown?.number, shown?.text ?? "–")
        }

        /// Shows a cost; a part without a price appears only in the text, and then there is no number for the
        /// chart.
        init(_ spend: Spend?) {
            let shown = spend?.total.map { PageAmount($0) }
            cellNumber = shown?.number
            cellText = shown?.text ?? spend?.display ?? "–"
        }
    }

    struct Line {
        /// The row's day or month, such as `2026-11-28` or `2026-11`.
        let machine: String
        let label: String
        /// Whether the row's values are known only in part, and may still change.
        let isOpen: Bool
        let cells: [Cell]
    }

    struct Column {
        let heading: String
    }

    let tableID: String
    let caption: String
    /// The heading of the row labels: `Date` or `Month`.
    let stub: String
    let columns: [Column]
    let lines: [Line]
    /// The lines as rows of the table.
    let rows: HTML
    let fileLink: String
    let currency = "USD"

    init(
        tableID: String,
        caption: String,
        stub: String,
        columns: [Column],
        lines: [Line],
        fileLink: String
    ) {
        self.tableID = tableID
        self.caption = caption
        self.stub = stub
        self.columns = columns
        self.lines = lines
        self.fileLink = fileLink
        rows = HTML(lines, \.html)
    }
}

/// A chart of some columns of a table.
struct NumberChart {
    let chartID: String
    let chartTitle: String
    /// `steps`, `bars` or `stack`, which `billing.js` knows.
    let form: String
    let tableOfChart: String
    /// The index of the first column, counted from 0 among the columns of amounts, and the index after the
    /// last.
    let firstColumn: Int
    let endColumn: Int
    /// A description of the chart for screen readers.
    let meaning: String
}

extension NumberTable.Line {
    fileprivate var html: HTML {
        let cells = HTML(cells) { "<td class=\"n\">\($0.html)</td>" }
        return """
            <tr\(isOpen ? HTML.openRow : "")><th scope="row"><time datetime="\(machine)">\(label)</time></th>\(cells)</tr>

            """
    }
}

extension NumberTable.Cell {
    var html: HTML {
        cellNumber.map { "<data value=\"\($0)\">\(cellText)</data>" } ?? "\(cellText)"
    }
}

extension HTML {
    /// Marks a row whose values may still change.
    static let openRow: HTML = #" class="open""#
}
