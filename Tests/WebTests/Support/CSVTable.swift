/// A file of comma-separated values, read by the letter of RFC 4180 and by nothing of the code under test.
struct CSVTable: Equatable {
    enum Fault: Error, Equatable {
        case bareQuote
        case textAfterQuote
        case unendedQuote
        case bareLineEnd
        case noFinalLineEnd
    }

    let columns: [String]
    let rows: [[String]]

    init(_ text: String) throws {
        let records = try Self.records(Array(text.unicodeScalars))
        columns = records.first ?? []
        rows = Array(records.dropFirst())
    }

    /// The cells of a column, from the first row to the last.
    func column(_ name: String) -> [String] {
        guard let index = columns.firstIndex(of: name) else { return [] }
        return rows.map { $0[index] }
    }

    private static func records(_ text: [Unicode.Scalar]) throws -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            record.append(rest.first == "\"" ? try quoted(&rest) : try plain(&rest))
            switch rest.popFirst() {
            case ",": continue
            case "\r":
                guard rest.popFirst() == "\n" else { throw Fault.bareLineEnd }
                records.append(record)
                record = []
            case nil: throw Fault.noFinalLineEnd
            default: throw Fault.textAfterQuote
            }
        }
        return records
    }

    private static func plain(_ rest: inout ArraySlice<Unicode.Scalar>) throws -> String {
        var cell = String.UnicodeScalarView()
        while let next = rest.first, next != ",", next != "\r" {
            guard next != "\"" else { throw Fault.bareQuote }
            guard next != "\n" else { throw Fault.bareLineEnd }
            cell.append(next)
            rest.removeFirst()
        }
        return String(cell)
    }

    private static func quoted(_ rest: inout ArraySlice<Unicode.Scalar>) throws -> String {
        var cell = String.UnicodeScalarView()
        rest.removeFirst()
        while let next = rest.popFirst() {
            guard next == "\"" else {
                cell.append(next)
                continue
            }
            guard rest.first == "\"" else { return String(cell) }
            rest.removeFirst()
            cell.append("\"")
        }
        throw Fault.unendedQuote
    }
}
