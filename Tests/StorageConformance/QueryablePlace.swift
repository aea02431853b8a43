/// A place whose database can be read with plain SQL, as an analyst does.
package protocol QueryablePlace: StorePlace {
    /// The rows of a query as text, without the columns that are NULL: truth as `0` or `1`, times as
    /// `2026-06-15T12:00:00Z`, arrays as JSON.
    ///
    /// - Parameter sql: One query.
    /// - Returns: The rows, each with its columns by name.
    /// - Throws: What keeps the query from an answer.
    func query(_ sql: String) async throws -> [[String: String]]

    /// The most millionths of a dollar by which the database may miss an exact sum.
    var tolerance: Int64 { get }
}
