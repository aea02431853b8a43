import PostgresClient
import PostgresStorage
import SQLiteStorage

/// Checks the database as `serve` does before it opens it.
enum DatabaseCheck {
    static func results(_ database: DatabaseLocation?) async -> [CheckResult] {
        switch database {
        case .sqlite(let path): [file(path)]
        case .postgres(let url): await server(url)
        case nil: []
        }
    }

    private static func file(_ path: String) -> CheckResult {
        let name = "database.file"
        do {
            return try SQLiteStore.examine(path: path)
                ? .good(name, "\(path) can be opened.")
                : .skipped(name, "\(path) does not exist yet; serve creates it.")
        } catch let error as DatabaseLockError {
            // The process that has it open checked it first.
            if case .held(let path, let holder) = error {
                return .good(name, "\(path) is in use by \(holder).")
            }
            return .bad(name, "\(error)")
        } catch {
            return .bad(name, "\(error)")
        }
    }

    private static func server(_ url: PostgresURL) async -> [CheckResult] {
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
