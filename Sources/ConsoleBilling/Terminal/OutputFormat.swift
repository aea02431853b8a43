import ArgumentParser
import Foundation
import Scenarios

/// The format of a command's results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case human, json

    /// The requested format; by default `human` on a terminal, else JSON.
    static func chosen(_ asked: OutputFormat?) -> OutputFormat {
        asked ?? (Terminal.Stream.output.isTerminal ? .human : .json)
    }
}

struct OutputOptions: ParsableArguments {
    @Option(help: "human or json; by default human on a terminal and json elsewhere.")
    var format: OutputFormat?

    var chosen: OutputFormat { .chosen(format) }
}

/// A text table whose columns are as wide as their longest cell.
struct TextTable {
    let columns: [String]
    var rows: [[String]] = []

    var text: String { text(rightAlignedFrom: columns.count) }

    /// The table with right-aligned columns from `firstNumber` on.
    func text(rightAlignedFrom firstNumber: Int) -> String {
        let lines = [columns] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - line[column].count)
                if column >= firstNumber { return padding + line[column] }
                return line[column] + (column == line.count - 1 ? "" : padding)
            }
            .joined(separator: "  ")
        }
        .joined(separator: "\n")
    }
}

/// Makes text from an event safe to print: it replaces control characters, which could move the cursor or
/// change colours.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        )
    )
}
