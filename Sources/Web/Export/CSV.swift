/// Comma-separated values (RFC 4180), each cell safe to open in a spreadsheet.
enum CSV {
    /// Marks the file as UTF-8 for spreadsheets.
    static let byteOrderMark = "\u{FEFF}"

    static func line(_ cells: [String]) -> String {
        cells.map(cell).joined(separator: ",") + "\r\n"
    }

    /// Formats one cell; an apostrophe before a text that a spreadsheet would read as a formula makes it
    /// plain text.
    ///
    /// Numbers keep their sign and get no apostrophe.
    static func cell(_ text: String) -> String {
        if isPlain(text) { return text }
        let safe = isFormula(text) ? "'" + text : text
        let needsQuotes =
            safe.unicodeScalars.contains { "\",;\t\r\n".unicodeScalars.contains($0) }
            || safe.first == " " || safe.last == " "
        return needsQuotes ? "\"" + quotesDoubled(safe) + "\"" : safe
    }

    /// Whether a text is no formula and needs no quotes, as nearly every cell: it begins with a letter or a digit of
    /// ASCII, and nothing in it separates or quotes cells.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return true }
        guard 0x30...0x39 ~= first || 0x41...0x5A ~= first & 0xDF else { return false }
        return text.utf8.last != UInt8(ascii: " ")
            && text.utf8.allSatisfy { byte in
                byte > 0x1F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: ",")
                    && byte != UInt8(ascii: ";")
            }
    }

    /// Formats digits that identify something and count nothing, such as a bank's reference.
    ///
    /// A spreadsheet keeps only the first 15 digits of a number, and no leading zeros
    /// (<https://support.microsoft.com/kb/269370>). An apostrophe before such digits makes them text.
    static func digits(_ text: String) -> String {
        let isNumber = text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
        return isNumber && (text.utf8.count > 15 || text.hasPrefix("0")) ? "'" + text : text
    }

    // Compares scalars, not characters: a quotation mark with a combining accent is another character, but
    // still ends a cell.
    private static func quotesDoubled(_ text: String) -> String {
        var doubled = ""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { doubled.unicodeScalars.append(scalar) }
            doubled.unicodeScalars.append(scalar)
        }
        return doubled
    }

    /// Whether a spreadsheet may read a text as a formula.
    ///
    /// `=`, `+`, `-`, `@` and `|` begin formulas, also after invisible characters, and in the full-width
    /// forms that some spreadsheets convert. A tab, a carriage return or a line feed can split a cell.
    private static func isFormula(_ text: String) -> Bool {
        let beginnings: Set<Unicode.Scalar> = ["=", "+", "-", "@", "|", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
        guard let first = text.unicodeScalars.first else { return false }
        let firstVisible = text.unicodeScalars.first { !isInvisible($0) } ?? first
        guard beginnings.contains(first) || beginnings.contains(firstVisible) else { return false }
        return !isNumber(text)
    }

    /// Whether a scalar is white space, a control character or a mark such as the zero-width space, which an
    /// import may drop.
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
