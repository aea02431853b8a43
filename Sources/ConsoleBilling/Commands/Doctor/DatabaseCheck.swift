import PostgresClient
import PostgresStorage

/// Checks a PostgreSQL database.
enum DatabaseCheck {
    static func results(_ database: DatabaseLocation?) async -> [CheckResult] {
        guard case .postgres(let url) = database else { return [] }
        // Connecting could send the password unencrypted.
        guard !url.leavesEncryptionOpen() else {
            return [.skipped("database.server", "Not checked: DATABASE_URL is invalid.")]
        }
        do {
            let report = try await PostgresReport.examine(url)
            return [
                .good("database.server", "PostgreSQL \(report.version) keeps what it acknowledges."),
                report.isPrepared
                    ? .good("database.schema", "The tables are those of this version.")
                    : .skipped(
                        "database.schema",
                        "The tables must be created or migrated; serve does that."
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
