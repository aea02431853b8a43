import Billing
package import Logging
import ServiceLifecycle
package import Storage
import Traces

/// Keeps the ledger of usage where the chain is: works off the passes that are asked for, and asks for one whenever
/// the last is long enough ago.
package struct UsageSyncWorker: Service {
    private let runs: any UpkeepRuns
    private let ledger: any UsageLedger
    private let source: any UsageSource
    private let intervalSeconds: Int64
    private let means: UpkeepWorker.Means
    private let logger: Logger
    private let name: String

    private static let pause = Duration.seconds(1)

    /// - Parameters:
    ///   - runs: Where the run is.
    ///   - ledger: What is kept of usage.
    ///   - source: Who knows.
    ///   - intervalSeconds: How long after one pass the next is due; 0 for never.
    ///   - means: Time and waiting.
    ///   - name: Of this worker alone.
    ///   - logger: Where to it tells what it does.
    package init(
        runs: any UpkeepRuns,
        ledger: any UsageLedger,
        source: any UsageSource,
        intervalSeconds: Int64,
        means: UpkeepWorker.Means,
        name: String = RunID.make(prefix: "worker_"),
        logger: Logger
    ) {
        self.runs = runs
        self.ledger = ledger
        self.source = source
        self.intervalSeconds = intervalSeconds
        self.means = means
        self.name = name
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(StoreError) {
                    let hasWorked = try await Trail.begin { () async throws(StoreError) in
                        try await workOnce()
                    }
                    if !hasWorked { try await beginDuePass() }
                } catch {
                    logger.error("sync of usage", metadata: ["error": "\(error)"])
                }
                try? await means.sleep(Self.pause)
            }
        }
    }

    /// Asks for a pass when the last one ended long enough ago.
    ///
    /// - Returns: Whether it did.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func beginDuePass() async throws(StoreError) -> Bool {
        guard intervalSeconds > 0 else { return false }
        let now = means.now()
        let latest = try await runs.latestRun(.usageSync)
        // One of the future was left by a clock that ran ahead.
        if let latest, latest.syncProgress.map(isOurs) ?? false, latest.updatedAt <= now,
            now.seconds(since: latest.updatedAt) < intervalSeconds
        {
            return false
        }
        return try await runs.beginSync(
            source.kind,
            chainID: source.chainID,
            isFull: false,
            id: RunID.make(.usageSync),
            now: now
        ).isBegun
    }

    private func isOurs(_ progress: UsageSyncProgress) -> Bool {
        progress.source == source.kind && progress.chainID == source.chainID
    }

    /// Takes up the pass that waits, if one does, and brings it as far as it goes.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``StoreError`` when the store cannot be asked.
    @discardableResult
    package func workOnce() async throws(StoreError) -> Bool {
        let run = try await runs.takeUp(
            .usageSync,
            as: name,
            now: means.now(),
            seconds: UsageSync.leaseSeconds
        )
        guard let run else { return false }
        guard let progress = run.syncProgress, isOurs(progress) else {
            let reason =
                "It is of another source or another version of console-billing. Ask for a sync again."
            _ = try await runs.replace(run.left(.failed, reason: reason, now: means.now()))
            return true
        }
        let sync = UsageSync(
            run,
            progress,
            as: name,
            runs: runs,
            ledger: ledger,
            source: source,
            means: means,
            logger: logger
        )
        do throws(SyncInterruption) {
            do throws(SyncInterruption) {
                try await sync.perform()
                try await sync.leave(.completed)
                logger.debug("usage synced", metadata: sync.summary)
            } catch {
                try await end(sync, error)
            }
        } catch {
            logger.error("sync of usage", metadata: ["run": "\(run.id)", "error": "\(error)"])
        }
        return true
    }

    private func end(_ sync: UsageSync, _ interruption: SyncInterruption) async throws(SyncInterruption) {
        let (reason, failure): (String, UsageSyncProgress.Failure)
        switch interruption {
        case .leaseLost: return
        case .stopped: return try await sync.leave(.running)
        case .source(.unavailable(let why)): (reason, failure) = (why, .sourceUnavailable)
        case .source(.refused(let why)): (reason, failure) = (why, .sourceRefused)
        case .source(.unreadable(let why)):
            (reason, failure) = ("\(why) Nothing of that page was taken.", .unreadable)
        case .calendar(let fault):
            (reason, failure) = ("\(fault.date.text): \(fault.problem). No day was taken.", .unreadable)
        case .store(let error): (reason, failure) = ("\(error)", .storeUnavailable)
        }
        logger.warning(
            "usage not synced",
            metadata: sync.summary.merging(["reason": "\(reason)"]) { first, _ in first }
        )
        try await sync.leave(.failed, reason: reason, failure: failure)
    }
}

extension UsageSync {
    /// For the log of the process.
    fileprivate var summary: Logger.Metadata {
        [
            "run": "\(run.id)", "pass": "\(progress.pass)", "leases": "\(progress.leases)",
            "leases_changed": "\(progress.leasesChanged)", "days_changed": "\(progress.daysChanged)",
            "contradictions": "\(progress.contradictions)",
        ]
    }
}
