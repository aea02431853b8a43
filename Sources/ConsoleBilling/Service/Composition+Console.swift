import BackgroundJobs
import Billing
import PostgresClient
import ServiceLifecycle
import Storage
import UsageSources

/// Console's own database, and how often it is read.
struct ConsoleImportConfiguration: Sendable {
    let url: PostgresURL
    /// A table of former wallets in that database; `nil` for none.
    let formerWallets: String?
    /// The money that a trial begins with; `nil` if it is not counted.
    let trialGrant: Money?
    /// Seconds between passes; 0 turns the schedule off.
    let intervalSeconds: Int64
}

extension Daemon {
    /// Makes the worker that reads Console's database, and the service that closes the connection.
    func consoleImport(
        _ configuration: ConsoleImportConfiguration,
        store: any Store
    ) -> (ConsoleImportWorker, any ServiceLifecycle.Service) {
        let database = ConsoleDatabase(configuration.url, formerWallets: configuration.formerWallets)
        let worker = ConsoleImportWorker(
            store: store,
            source: database,
            livemode: self.configuration.livemode ?? false,
            trialGrant: configuration.trialGrant,
            intervalSeconds: configuration.intervalSeconds,
            runtime: runtime,
            logger: logger
        )
        return (worker, DatabaseService(database: database))
    }
}

/// Closes the connection to Console's database when everything that uses it has stopped.
private struct DatabaseService: ServiceLifecycle.Service {
    let database: ConsoleDatabase

    func run() async throws {
        try? await gracefulShutdown()
        await database.close()
    }
}
