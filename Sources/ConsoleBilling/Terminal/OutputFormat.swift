import ArgumentParser
import Foundation
import Stories

/// For whom a command writes its results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case human, json

    /// What was asked for; else JSON, unless a person is looking.
    static func chosen(_ asked: OutputFormat?) -> OutputFormat {
        asked ?? (Terminal.Stream.output.isTerminal ? .human : .json)
    }
}

struct OutputOptions: ParsableArguments {
    @Option(help: "human or json; by default human on a terminal and json elsewhere.")
    var format: OutputFormat?

    var chosen: OutputFormat { .chosen(format) }
}

/// Columns for people, as wide as what is in them.
struct TextTable {
    let columns: [String]
    var rows: [[String]] = []

    var text: String { text(rightAlignedFrom: columns.count) }

    /// The same, with numbers one under the other.
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

/// Text from an event, safe to show: it cannot move the cursor or change a colour.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        )
    )
}
