import Billing
import Mustache

/// A table of amounts, from which a chart is drawn: a row a day or a month, a column a series.
struct NumberTable {
    struct Cell: Equatable {
        /// To the millionth, as ``PageAmount/number``; `nil` where nobody knows.
        let cellNumber: String?
        let cellText: String

        init(_ amount: ExactAmount, in currency: Currency = .usd) {
            let shown = PageAmount(amount, in: currency)
            (cellNumber, cellText) = (shown.number, shown.text)
        }

        /// What something cost; a part without a price is shown beside the other, and is in no sum.
        init(_ spend: Spend?) {
            let shown = spend?.total.map { PageAmount($0) }
            cellNumber = shown?.number
            cellText = shown?.text ?? spend?.display ?? "–"
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

// A year has thousands of cells, and looking at each through a mirror would be most of the time that its page takes.

extension NumberTable.Cell: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "cellNumber": cellNumber
        case "cellText": cellText
        default: nil
        }
    }
}

extension NumberTable.Line: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "machine": machine
        case "label": label
        case "isOpen": isOpen
        case "cells": cells
        default: nil
        }
    }
}
