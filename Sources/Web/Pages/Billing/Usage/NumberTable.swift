import Billing
import Mustache

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
        /// Whether the row's values may still change.
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
    let fileLink: String
    let currency = "USD"
}

/// A chart of some columns of a table.
struct NumberChart {
    let chartID: String
    let chartTitle: String
    /// `line`, `steps`, `bars` or `stack`, which `billing.js` knows.
    let form: String
    let tableOfChart: String
    /// The index of the first column, counted from 0 among the columns of amounts, and the index after the
    /// last.
    let firstColumn: Int
    let endColumn: Int
    /// A description of the chart for screen readers.
    let meaning: String
}

// A year has thousands of cells, and reading each by reflection would take most of the time of rendering the
// page.

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
