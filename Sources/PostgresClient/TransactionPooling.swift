/// The fault that a pooler in transaction mode is in front of the server, such as pgbouncer: it gives a
/// session to another client after each database transaction.
///
/// Settings of our session would then apply to other clients, and our prepared statements would be missing:
/// <https://www.pgbouncer.org/features.html#sql-feature-map-for-pooling-modes>
package struct TransactionPooling: ServerFault, Equatable {
    package var description: String {
        "A connection pooler in transaction mode is in front of the database (pgbouncer's pool_mode = transaction): "
            + "a session's settings would apply to other clients. Connect to PostgreSQL itself, or to a pool in session mode."
    }

    /// Detects transaction pooling by reading only.
    ///
    /// In session mode a server process serves one client while it is connected. If a second client is served
    /// by the same process, the pooler uses another mode.
    ///
    /// - Parameters:
    ///   - connection: A new connection.
    ///   - second: Makes a second connection of the same kind.
    /// - Returns: Whether transaction pooling was detected.
    /// - Throws: ``PostgresFailure`` of the first connection.
    static func isFound(
        on connection: PostgresConnection,
        second: () throws(PostgresFailure) -> PostgresConnection
    ) throws(PostgresFailure) -> Bool {
        guard try connection.serverProcess() != connection.announcedProcess else { return false }
        // A pool in session mode may have no free session.
        guard let other = try? second() else { return false }
        for _ in 0..<8 {
            guard let theirs = try? other.serverProcess() else { return false }
            if try connection.serverProcess() == theirs { return true }
        }
        return false
    }
}
