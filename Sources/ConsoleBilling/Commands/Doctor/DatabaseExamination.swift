import PostgresClient
import PostgresStorage

/// Checks a PostgreSQL database.
enum DatabaseExamination {
    static func findings(_ database: DatabaseLocation?) async -> [Finding] {
        guard case .postgres(let url) = database else { return [] }
        // Connecting could send the password unencrypted.
        guard !url.leavesEncryptionOpen() else {
            return [.skipped("database.server", "It was not asked: DATABASE_URL cannot be right.")]
        }
        do {
            let report = try await PostgresReport.examine(url)
            return [
                .good("database.server", "PostgreSQL \(report.version) keeps what it acknowledges."),
                report.isPrepared
                    ? .good("database.schema", "The tables are those of this version.")
                    : .skipped(
                        "database.schema",
                        "The tables are yet to be made or changed; serve does that."
                    ),
            ]
        } catch {
            return [.bad("database.server", "\(error)")]
        }
    }
}

extension DatabaseLocation {
    /// The path of an SQLite file; `nil` for PostgreSQL.
    var path: String? {
        guard case .sqlite(let path) = self else { return nil }
        return path
    }
}
