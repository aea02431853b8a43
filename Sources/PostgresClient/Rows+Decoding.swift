package import Database

extension PostgresConnection {
    /// The value of a query's first row; `nil` if it has no rows.
    package func row<Value>(_ query: Query<Value>) throws(PostgresFailure) -> Value? {
        try rows(query).first
    }

    /// The values of a query's rows, for a caller that holds a transaction.
    package func rows<Value>(_ query: Query<Value>) throws(PostgresFailure) -> [Value] {
        try execute(Command(query.statement)).decoded(query)
    }
}

extension Rows {
    /// The values of the rows of a query's statement.
    package func decoded<Value>(_ query: Query<Value>) throws(PostgresFailure) -> [Value] {
        try decoded(query.decode)
    }

    package func decoded<Value>(_ decode: (SQLRow) throws -> Value) throws(PostgresFailure) -> [Value] {
        let source = PostgresRow(self)
        var values: [Value] = []
        values.reserveCapacity(count)
        for number in 0..<count {
            source.number = number
            do {
                values.append(try decode(SQLRow(source)))
            } catch {
                throw .corrupt
            }
        }
        return values
    }
}

extension Command {
    package init(_ statement: SQLStatement) {
        self.init(
            statement.sql,
            statement.values.map(Parameter.init),
            isPrepared: statement.isPrepared
        )
    }
}

extension Parameter {
    fileprivate init(_ value: SQLValue) {
        self =
            switch value {
            case .null: .null
            case .bool(let value): .bool(value)
            case .int(let value): .int(value)
            case .text(let value): .text(value)
            case .bytes(let value): .bytes(value)
            case .ints(let values): .ints(values)
            case .texts(let values): .texts(values)
            }
    }
}

/// One row at a time of a result.
package final class PostgresRow: RowSource {
    package let columns: [String]
    package var number = 0
    private let rows: Rows
    private let types: [ColumnType?]

    package init(_ rows: Rows) {
        self.rows = rows
        columns = rows.columns
        types = rows.types
    }

    package func isNull(_ column: Int) -> Bool { rows.isNull(number, column) }

    package func bool(_ column: Int) -> Bool? { value(column, .bool).map { $0.first == 1 } }

    package func int(_ column: Int) -> Int64? {
        if let value = value(column, .int8) { return Int64(bigEndian: value.loadUnaligned(as: Int64.self)) }
        return value(column, .int4).map { Int64(Int32(bigEndian: $0.loadUnaligned(as: Int32.self))) }
    }

    package func text(_ column: Int) -> String? {
        value(column, .text).map { String(decoding: $0, as: UTF8.self) }
    }

    package func bytes(_ column: Int) -> UnsafeRawBufferPointer? { value(column, .bytea) }

    private func value(_ column: Int, _ type: ColumnType) -> UnsafeRawBufferPointer? {
        guard types[column] == type, !rows.isNull(number, column) else { return nil }
        return rows.raw(number, column)
    }
}

extension PostgresFailure {
    /// A stored value cannot be decoded.
    package static let corrupt = PostgresFailure.refused(state: "XX001")
}
