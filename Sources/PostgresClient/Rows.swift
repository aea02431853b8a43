import CPostgres

/// The rows that a statement gave, in PostgreSQL's binary form.
///
/// Which column holds what is known to whoever wrote the statement; a value of another length than its type has
/// reads as 0.
package final class Rows {
    private let result: OpaquePointer
    package let count: Int

    /// Takes the result over.
    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
    }

    deinit { PQclear(result) }

    /// How many rows an UPDATE, INSERT or DELETE touched.
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

    /// Good until the rows are let go of.
    package func raw(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)),
            count: Int(PQgetlength(result, Int32(row), Int32(column)))
        )
    }
}
