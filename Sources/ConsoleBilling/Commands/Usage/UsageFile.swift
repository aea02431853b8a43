import Billing
import JSON

/// Usage records of one kind in a JSON, JSONL or CSV file, each checked as the service checks them.
struct UsageFile {
    enum Kind: String, CaseIterable, Comparable {
        case leases, calendar, accounts

        static func < (left: Kind, right: Kind) -> Bool { order(left) < order(right) }

        private static func order(_ kind: Kind) -> Int { allCases.firstIndex(of: kind) ?? 0 }

        /// The route that takes these records.
        var path: String { "/v1/usage/\(rawValue)" }

        /// The kind of a record, by a member that only this kind always has.
        static func of(members: Set<String>) -> Kind? {
            if members.contains("price_per_block") || members.contains("created_height") { return .leases }
            if members.contains("first_height") { return .calendar }
            return members.contains("accounts") ? .accounts : nil
        }
    }

    /// A line that is not a record; names the line, the field and the reason.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let line: Int
        let problem: String

        var description: String { "line \(line): \(problem)" }
    }

    let kind: Kind
    /// Each record's JSON.
    let records: [[UInt8]]
    let faults: [Fault]

    /// - Parameters:
    ///   - bytes: The contents of the file.
    ///   - isCSV: Whether the file is a table with field names in the first line.
    /// - Throws: ``Fault`` if the kind of the records cannot be determined.
    init(_ bytes: [UInt8], isCSV: Bool) throws(Fault) {
        let isEmpty = bytes.drop { Self.isSpace($0) || [0xEF, 0xBB, 0xBF].contains($0) }.isEmpty
        guard !isEmpty else { throw Fault(line: 1, problem: "the file is empty; it takes \(Self.takes)") }
        let texts = isCSV ? try Self.table(bytes) : try Self.lines(bytes)
        guard !texts.isEmpty else {
            throw Fault(line: 1, problem: "the file has no record; it takes \(Self.takes)")
        }
        guard let first = texts.lazy.compactMap({ Self.members(of: $0.text) }).first,
            let kind = Kind.of(members: first)
        else {
            throw Fault(
                line: texts.first?.line ?? 1,
                problem:
                    "this is no lease (chain_id, owner, dseq, …), no day (date, first_height, …) and no accounts "
                    + "(customer, accounts)"
            )
        }
        self.kind = kind
        var records: [[UInt8]] = []
        var faults: [Fault] = []
        for (line, text) in texts {
            if let problem = Self.problem(text, kind) {
                faults.append(Fault(line: line, problem: problem))
            } else {
                records.append(text)
            }
        }
        self.records = records
        self.faults = faults
    }

    private static let takes =
        "leases (chain_id, owner, dseq, …), days (date, first_height, …) or accounts (customer, accounts)"

    private typealias Text = (line: Int, text: [UInt8])

    private static func lines(_ bytes: [UInt8]) throws(Fault) -> [Text] {
        // An array may be formatted in any way, so its records are counted instead of lines.
        if bytes.first(where: { !isSpace($0) }) == UInt8(ascii: "[") {
            guard let elements = try? JSONValue.read(bytes, { $0.elements?.map(\.raw) }) else {
                throw Fault(line: 1, problem: "this is not JSON")
            }
            return elements.enumerated().map { ($0.offset + 1, $0.element) }
        }
        if members(of: bytes) != nil { return [(1, bytes)] }
        return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .filter { !$0.element.allSatisfy(isSpace) }.map { ($0.offset + 1, Array($0.element)) }
    }

    /// Makes each row a JSON object and leaves out empty cells.
    private static func table(_ bytes: [UInt8]) throws(Fault) -> [Text] {
        do {
            let table = try CSVText(bytes)
            return table.rows.map { row in
                var members = JSONMembers()
                for (name, cell) in zip(table.columns, row.cells) where !cell.isEmpty {
                    members.add(name, value(of: cell, in: name))
                }
                return (row.line, JSONWriter.bytes(of: members))
            }
        } catch {
            throw Fault(line: error.line, problem: error.problem)
        }
    }

    /// Every field may be a JSON string, except lists and booleans.
    private static func value(of cell: String, in column: String) -> JSONText {
        switch (column, cell.lowercased()) {
        case ("final", "true"), ("final", "false"): JSONText(cell.lowercased())
        case ("price_segments", _), ("accounts", _): JSONText(cell)
        default: JSONText(JSONWriter.bytes(of: cell))
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private static func members(of text: [UInt8]) -> Set<String>? {
        try? JSONValue.read(text) { $0.members.map { Set($0.map(\.name)) } }
    }

    private static func problem(_ text: [UInt8], _ kind: Kind) -> String? {
        do {
            try JSONValue.read(text) { json in
                switch kind {
                case _ where !json.isObject:
                    throw CommandFailure(Sysexits.badData, "this is not a JSON object")
                case .leases: _ = try LeaseRecord(sent: json)
                case .calendar: _ = try CalendarDay(json)
                case .accounts: _ = try AccountMap(json)
                }
            }
            return nil
        } catch let error as JSONFieldError {
            return error.description
        } catch let failure as CommandFailure {
            return failure.message
        } catch {
            return "this is not JSON"
        }
    }
}
