import Foundation
import GRDB
package import Storage

extension SQLiteStore: StoreSource {
    package func count(of table: StoreTable) async throws(StoreError) -> Int {
        try await read("counting rows") { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.name)") ?? 0
        }
    }

    package func rows(
        of table: StoreTable,
        after position: Int64,
        limit: Int
    ) async throws(StoreError) -> StoreRows {
        try await read("reading rows") { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT \(table.columns.map(\.name).joined(separator: ", ")), rowid AS position
                    FROM \(table.name)
                    WHERE rowid > ?
                    ORDER BY rowid
                    LIMIT ?
                    """,
                arguments: [position, limit]
            )
            return StoreRows(
                rows: rows.map { row in table.columns.indices.map { StoreValue(row[$0] as DatabaseValue) } },
                position: rows.last?["position"] ?? position
            )
        }
    }
}

extension StoreValue {
    /// STRICT tables hold no other kinds.
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
