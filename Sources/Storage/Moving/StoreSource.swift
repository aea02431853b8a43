/// A value on its way from one store to another.
package enum StoreValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

/// Some rows of a table, and the position after them.
package struct StoreRows: Sendable {
    package let rows: [[StoreValue]]
    /// The position after the last row, in the store's own format.
    package let position: String

    package init(rows: [[StoreValue]], position: String) {
        self.rows = rows
        self.position = position
    }
}

/// A store whose tables can be read row by row, while no process writes to it.
package protocol StoreSource: Sendable {
    /// The number of rows of a table.
    func count(of table: StoreTable) async throws(StoreError) -> Int

    /// Rows of a table, in the store's own order.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - position: Empty for the first rows, then the position after the previous ones.
    ///   - limit: The most rows to return.
    /// - Returns: The rows, each with all columns of the table; none at the end.
    /// - Throws: ``StoreError``.
    func rows(of table: StoreTable, after position: String, limit: Int) async throws(StoreError) -> StoreRows
}
