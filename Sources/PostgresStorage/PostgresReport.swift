package import PostgresClient

/// The version of a database and the state of its migrations, for operators.
package struct PostgresReport: Sendable {
    /// For example `15.18`.
    package let version: String
    /// Whether all migrations have run.
    package let isPrepared: Bool

    /// Connects and reads, without changing anything.
    ///
    /// - Parameter url: The database.
    /// - Returns: The report.
    /// - Throws: ``PostgresStartError`` if the database cannot be used; the error says how to fix that.
    package static func examine(_ url: PostgresURL) async throws(PostgresStartError) -> PostgresReport {
        let line = DedicatedConnection(
            .store(url, limits: PostgresConnection.Limits()),
            label: "console-billing.postgres.examination"
        )
        let result: Result<PostgresReport, PostgresFailure>
        do throws(PostgresFailure) {
            result = .success(
                try await line.run(repeats: true) { connection throws(PostgresFailure) in
                    let pending = try Migrator.pending(connection)
                    try PostgresMove.refuseHalfMoved(connection)
                    if pending.isEmpty { try TableCheck.examine(connection) }
                    return PostgresReport(
                        version: "\(connection.serverVersion / 10_000).\(connection.serverVersion % 10_000)",
                        isPrepared: pending.isEmpty
                    )
                }
            )
        } catch {
            result = .failure(error)
        }
        await line.close()
        switch result {
        case .success(let report): return report
        case .failure(.refused(let state)): throw .unreachable("it refused to be read (SQLSTATE \(state))")
        case .failure(let failure):
            throw PostgresStartError(failure) ?? .unreachable("the connection broke")
        }
    }
}
