/// A pooler stands before the server, and gives a session to another client after each database transaction, as
/// pgbouncer does in transaction mode.
///
/// What we set in a session would hold for other clients, and what we prepared there be missing:
/// <https://www.pgbouncer.org/features.html#sql-feature-map-for-pooling-modes>
package struct TransactionPooling: ServerFault, Equatable {
    package var description: String {
        "A connection pooler in transaction mode stands before the database (pgbouncer's pool_mode = transaction), and what "
            + "a session is told holds for other clients there. Connect to PostgreSQL itself, or to a pool in session mode."
    }

    /// Looks whether a session is shared so, with nothing but reading.
    ///
    /// In session mode a process of the server is one client's for as long as it is connected: a second client that is
    /// answered by the same one means another mode.
    ///
    /// - Parameters:
    ///   - connection: A new connection.
    ///   - second: Makes another one like it.
    /// - Returns: Whether it is.
    /// - Throws: ``PostgresFailure`` of the connection that is looked at.
    static func isFound(
        on connection: PostgresConnection,
        second: () throws(PostgresFailure) -> PostgresConnection
    ) throws(PostgresFailure) -> Bool {
        guard try connection.serverProcess() != connection.announcedProcess else { return false }
        // A pool in session mode may have no session to spare.
        guard let other = try? second() else { return false }
        for _ in 0..<8 {
            guard let theirs = try? other.serverProcess() else { return false }
            if try connection.serverProcess() == theirs { return true }
        }
        return false
    }
}
