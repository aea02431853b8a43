/// Comma-separated values (RFC 4180), each cell safe to open in a spreadsheet.
enum CSV {
    /// Tells spreadsheets that what follows is UTF-8.
    static let byteOrderMark = "\u{FEFF}"

    static func line(_ cells: [String]) -> String {
        cells.map(cell).joined(separator: ",") + "\r\n"
    }

    /// A cell that a spreadsheet would take for a formula gets an apostrophe before it, which makes it text.
    ///
    /// Plain numbers keep their sign.
    static func cell(_ text: String) -> String {
        let safe = isFormula(text) ? "'" + text : text
        let needsQuotes =
            safe.unicodeScalars.contains { "\",;\t\r\n".unicodeScalars.contains($0) }
            || safe.first == " " || safe.last == " "
        return needsQuotes ? "\"" + quotesDoubled(safe) + "\"" : safe
    }

    /// A number that names something and counts nothing, such as a bank's reference.
    ///
    /// A spreadsheet keeps the first 15 digits of a number and no zeros before it
    /// (<https://support.microsoft.com/kb/269370>). What would lose some gets an apostrophe before it, which makes it text.
    static func digits(_ text: String) -> String {
        let isNumber = text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
        return isNumber && (text.utf8.count > 15 || text.hasPrefix("0")) ? "'" + text : text
    }

    // Not by characters: a quotation mark with a combining accent after it is another character, and ends a cell
    // all the same.
    private static func quotesDoubled(_ text: String) -> String {
        var doubled = ""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { doubled.unicodeScalars.append(scalar) }
            doubled.unicodeScalars.append(scalar)
        }
        return doubled
    }

    /// `=` and its kin begin formulas, also behind what cannot be seen and in the full-width forms that some
    /// spreadsheets fold; a tab or a carriage return can split a cell.
    private static func isFormula(_ text: String) -> Bool {
        let beginnings: Set<Unicode.Scalar> = ["=", "+", "-", "@", "|", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
        guard let first = text.unicodeScalars.first else { return false }
        let firstVisible = text.unicodeScalars.first { !isInvisible($0) } ?? first
        guard beginnings.contains(first) || beginnings.contains(firstVisible) else { return false }
        return !isNumber(text)
    }

    /// White space, controls, and marks such as the zero-width space: an import may drop them.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        let category = scalar.properties.generalCategory
        return scalar.properties.isWhitespace || category == .control || category == .format
    }

    private static func isNumber(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { part in !part.isEmpty && part.utf8.allSatisfy { 0x30...0x39 ~= $0 } }
    }
}
