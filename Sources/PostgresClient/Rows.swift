import CPostgres

/// The result rows of a statement, in PostgreSQL's binary form.
///
/// The caller must know the type of each column; an integer of the wrong length reads as 0.
package final class Rows {
    private let result: OpaquePointer
    package let count: Int

    /// Takes ownership of the result.
    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
    }

    deinit { PQclear(result) }

    /// The names of the columns.
    package var columns: [String] {
        (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    }

    /// The types of the columns; `nil` for a type that no statement of ours returns.
    var types: [ColumnType?] {
        (0..<PQnfields(result)).map { ColumnType(rawValue: Int32(bitPattern: PQftype(result, $0))) }
    }

    /// Whether the statement only read.
    package var isSelection: Bool {
        PQcmdStatus(result).map { String(cString: $0).hasPrefix("SELECT") } ?? false
    }

    /// The number of rows that an INSERT, UPDATE or DELETE affected.
    package var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    package func isNull(_ row: Int, _ column: Int) -> Bool {
        PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    package func int(_ row: Int, _ column: Int) -> Int64 {
        let value = raw(row, column)
        guard value.count == 8 else { return 0 }
        return Int64(bigEndian: value.loadUnaligned(as: Int64.self))
    }

    package func bool(_ row: Int, _ column: Int) -> Bool { raw(row, column).first == 1 }

    package func text(_ row: Int, _ column: Int) -> String {
        String(decoding: raw(row, column), as: UTF8.self)
    }

    package func bytes(_ row: Int, _ column: Int) -> [UInt8] { Array(raw(row, column)) }

    package func optionalInt(_ row: Int, _ column: Int) -> Int64? {
        isNull(row, column) ? nil : int(row, column)
    }

    package func optionalText(_ row: Int, _ column: Int) -> String? {
        isNull(row, column) ? nil : text(row, column)
    }

    package func map<Value>(_ body: (Int) throws -> Value) rethrows -> [Value] { try (0..<count).map(body) }

    /// Valid while the `Rows` object exists.
    package func raw(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)),
            count: Int(PQgetlength(result, Int32(row), Int32(column)))
        )
    }
}
