import Database
import PostgresClient
import Storage

extension Parameter {
    /// The rows of one statement as an array for each column.
    ///
    /// - Parameters:
    ///   - rows: The values of each row, in the order of the columns.
    ///   - columns: The columns.
    /// - Returns: The arguments of `unnest`, and their values.
    static func columns(
        _ rows: [[SQLValue]],
        _ columns: [StoreTable.Column]
    ) -> (arrays: String, parameters: [Parameter]) {
        let arrays = columns.enumerated().map { "$\($0 + 1)::\($1.arrayType)[]" }
        return (
            arrays.joined(separator: ", "),
            columns.indices.map { column in array(rows.map { $0[column] }, columns[column].kind) }
        )
    }

    private static func array(_ values: [SQLValue], _ kind: StoreTable.Kind) -> Parameter {
        switch kind {
        case .integer, .payment: .ints(values.map { if case .int(let value) = $0 { value } else { nil } })
        case .flag: .bools(values.map { if case .bool(let value) = $0 { value } else { nil } })
        case .text: .texts(values.map { if case .text(let value) = $0 { value } else { nil } })
        case .bytes: .byteStrings(values.map { if case .bytes(let value) = $0 { value } else { nil } })
        }
    }
}
