/// Reads comma-separated values (RFC 4180): quoted cells may hold commas, line ends and doubled quotation marks.
struct CSVText {
    struct Fault: Error, Equatable {
        let line: Int
        let problem: String
    }

    /// A row and the line of the text on which it begins, counted from 1.
    struct Row: Equatable {
        let line: Int
        let cells: [String]
    }

    let columns: [String]
    let rows: [Row]

    /// - Throws: ``Fault`` for an unclosed quotation mark, or a row with more or fewer cells than the first.
    init(_ bytes: [UInt8]) throws(Fault) {
        var all = try Self.rows(bytes[...].droppingByteOrderMark)
        guard !all.isEmpty else { throw Fault(line: 1, problem: "there are no columns") }
        columns = all.removeFirst().cells.map { $0.lowercased() }
        for row in all where row.cells.count != columns.count {
            throw Fault(
                line: row.line,
                problem: "it has \(row.cells.count) cells, and there are \(columns.count) columns"
            )
        }
        rows = all
    }

    private static func rows(_ bytes: ArraySlice<UInt8>) throws(Fault) -> [Row] {
        var rows: [Row] = []
        var cells: [String] = []
        var cell: [UInt8] = []
        var (line, rowLine, isQuoted, wasQuoted) = (1, 1, false, false)
        var index = bytes.startIndex
        func endCell() {
            cells.append(String(decoding: cell, as: UTF8.self))
            cell = []
            wasQuoted = false
        }
        func endRow() {
            endCell()
            // Skip an empty line.
            if cells != [""] { rows.append(Row(line: rowLine, cells: cells)) }
            cells = []
        }
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = index + 1 < bytes.endIndex ? bytes[index + 1] : nil
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && next == UInt8(ascii: "\""):
                cell.append(byte)
                index += 1
            case UInt8(ascii: "\"") where isQuoted: isQuoted = false
            case UInt8(ascii: "\"") where cell.isEmpty && !wasQuoted: (isQuoted, wasQuoted) = (true, true)
            case UInt8(ascii: ",") where !isQuoted: endCell()
            case UInt8(ascii: "\r") where !isQuoted && next == UInt8(ascii: "\n"): break
            case UInt8(ascii: "\n"):
                line += 1
                if isQuoted {
                    cell.append(byte)
                } else {
                    endRow()
                    rowLine = line
                }
            default: cell.append(byte)
            }
            index += 1
        }
        guard !isQuoted else { throw Fault(line: rowLine, problem: "a quotation mark is never closed") }
        endRow()
        return rows
    }
}

extension ArraySlice<UInt8> {
    fileprivate var droppingByteOrderMark: ArraySlice<UInt8> {
        starts(with: [0xEF, 0xBB, 0xBF]) ? dropFirst(3) : self
    }
}
