/// RFC 4180 read as strictly as it is written, byte by byte.
enum PlainCSV {
    /// - Returns: `nil` for text that breaks the grammar.
    static func records(_ bytes: [UInt8]) -> [[[UInt8]]]? {
        var records: [[[UInt8]]] = []
        var cells: [[UInt8]] = []
        var index = 0
        while index < bytes.count {
            guard let cell = cell(bytes, &index), index < bytes.count else { return nil }
            cells.append(cell)
            if bytes[index] == UInt8(ascii: ",") {
                index += 1
            } else if bytes[index...].starts(with: [13, 10]) {
                index += 2
                records.append(cells)
                cells = []
            } else {
                return nil
            }
        }
        return cells.isEmpty ? records : nil
    }

    private static func cell(_ bytes: [UInt8], _ index: inout Int) -> [UInt8]? {
        var cell: [UInt8] = []
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            while index < bytes.count, !",\r\n\"".utf8.contains(bytes[index]) {
                cell.append(bytes[index])
                index += 1
            }
            return cell
        }
        index += 1
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\"") {
                index += 1
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return cell }
            }
            cell.append(bytes[index])
            index += 1
        }
        return nil
    }

    /// A cell that a spreadsheet could take for a formula after it drops invisible characters.
    static func isFormula(_ cell: [UInt8]) -> Bool {
        let scalars = Array(String(decoding: cell, as: UTF8.self).unicodeScalars)
        guard let first = scalars.first(where: { !isInvisible($0) }) else { return false }
        guard "=+-@|＝＋－＠".unicodeScalars.contains(first) else { return false }
        var number = scalars[...]
        if first == "-" || first == "+" { number = number.dropFirst() }
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return !parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { "0"..."9" ~= $0 } }
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control, .format: true
        default: false
        }
    }
}
