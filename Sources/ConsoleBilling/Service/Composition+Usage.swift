import HTTPClient
import ServiceLifecycle
import Storage
import BackgroundJobs
import UsageSources

extension Daemon {
    /// Makes the worker that syncs usage, and the services it needs.
    func usageSync(
        _ sync: UsageSyncConfiguration,
        store: any Store
    ) throws -> (UsageSyncWorker, [any ServiceLifecycle.Service]) {
        let transport = try CurlTransport()
        let source = sync.open(transport)
        let worker = UsageSyncWorker(
            jobs: store,
            ledger: store,
            source: source,
            intervalSeconds: sync.intervalSeconds,
            runtime: runtime,
            logger: logger
        )
        return (worker, [TransportService(transport: transport), SourceService(source: source)])
    }
}

/// Closes the connection to the indexer when everything that uses it has stopped.
private struct SourceService: ServiceLifecycle.Service {
    let source: any UsageSource

    func run() async throws {
        try? await gracefulShutdown()
        if let indexer = source as? IndexerSource { await indexer.close() }
    }
}
