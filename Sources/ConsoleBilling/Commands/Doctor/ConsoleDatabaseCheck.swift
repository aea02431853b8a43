import Storage
import UsageSources

/// Checks Console's own database, by reading what an import reads.
enum ConsoleDatabaseCheck {
    private static let name = "console.database"

    static func results(_ configuration: ConsoleImportConfiguration?) async -> [CheckResult] {
        guard let configuration else {
            return [
                .skipped(
                    name,
                    "CONSOLE_DATABASE_URL is not set: users and credits are what is put and posted."
                )
            ]
        }
        let database = ConsoleDatabase(configuration.url)
        let result: CheckResult
        do throws(UsageSourceError) {
            _ = try await database.customers(after: nil, limit: 1)
            _ = try await database.payments(after: nil, limit: 1)
            result = .good(name, "Console's database can be read.")
        } catch {
            result = .bad(name, "\(error)")
        }
        await database.close()
        return [result]
    }
}
