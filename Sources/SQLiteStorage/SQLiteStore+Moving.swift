import GRDB
import JSON
package import Storage

extension SQLiteStore: StoreSource {
    package func count(of table: StoreTable) async throws(StoreError) -> Int {
        try await read("counting rows") { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.name)") ?? 0
        }
    }

    package func rows(
        of table: StoreTable,
        after position: String,
        limit: Int
    ) async throws(StoreError) -> StoreRows {
        try await read("reading rows") { db in
            let order = try RowOrder(table, db)
            var condition = ""
            var values: [DatabaseValue] = []
            if !position.isEmpty {
                values = try order.values(of: position)
                let bounds = values.map { _ in "?" }.joined(separator: ", ")
                condition = "WHERE (\(order.list)) > (\(bounds))"
            }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT \((table.columns.map(\.name) + order.columns).joined(separator: ", "))
                    FROM \(table.name)
                    \(condition)
                    ORDER BY \(order.list)
                    LIMIT \(limit)
                    """,
                arguments: StatementArguments(values)
            )
            return StoreRows(
                rows: rows.map { row in table.columns.indices.map { StoreValue(row[$0] as DatabaseValue) } },
                position: rows.last.map { row in
                    order.position(order.columns.indices.map { row[table.columns.count + $0] })
                } ?? position
            )
        }
    }
}

/// The order in which a table's rows are read, and the text form of a position in it.
private struct RowOrder {
    /// `rowid`, or the key columns of a table without one.
    let columns: [String]

    var list: String { columns.joined(separator: ", ") }

    init(_ table: StoreTable, _ db: Database) throws {
        let isWithoutRowID = try Bool.fetchOne(
            db,
            sql: "SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'",
            arguments: [table.name]
        )
        columns = isWithoutRowID == true ? table.key : ["rowid"]
    }

    /// The values of the key as a list in JSON.
    func position(_ values: [DatabaseValue]) -> String {
        JSONWriter.text(
            of: values.map { value in
                if let number = Int64.fromDatabaseValue(value) { return JSONText(String(number)) }
                return JSONText(JSONWriter.bytes(of: String.fromDatabaseValue(value) ?? ""))
            }
        )
    }

    func values(of position: String) throws -> [DatabaseValue] {
        try JSONValue.read(Array(position.utf8)) { json in
            try json.elements?.map { try $0.integer?.databaseValue ?? String($0).databaseValue } ?? []
        }
    }
}

extension StoreValue {
    /// Converts a column's value; our tables are STRICT and have no column of floating-point numbers.
    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .integer(Int64(number))
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes(Array(data))
        }
    }
}
