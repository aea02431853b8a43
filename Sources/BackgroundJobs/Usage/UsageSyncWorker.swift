import Billing
package import Logging
import ServiceLifecycle
package import Storage
import Traces

/// Keeps the usage ledger up to date with the chain: executes requested passes, and begins one when the last
/// is old enough.
package struct UsageSyncWorker: Service {
    private let runs: any JobStore
    private let ledger: any UsageLedger
    private let source: any UsageSource
    private let intervalSeconds: Int64
    private let runtime: JobRunner.Runtime
    private let logger: Logger
    private let name: String

    private static let pause = Duration.seconds(1)

    /// - Parameters:
    ///   - runs: Holds the runs.
    ///   - ledger: Holds leases, days and totals.
    ///   - source: The indexer or node to read from.
    ///   - intervalSeconds: Seconds from the end of one pass to the next; 0 turns the schedule off.
    ///   - runtime: Clock, sleep and randomness.
    ///   - name: Identifies this worker as the holder of the lease; unique among replicas.
    ///   - logger: Gets a line for each pass.
    package init(
        runs: any JobStore,
        ledger: any UsageLedger,
        source: any UsageSource,
        intervalSeconds: Int64,
        runtime: JobRunner.Runtime,
        name: String = JobID.make(prefix: "worker_"),
        logger: Logger
    ) {
        self.runs = runs
        self.ledger = ledger
        self.source = source
        self.intervalSeconds = intervalSeconds
        self.runtime = runtime
        self.name = name
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(StoreError) {
                    let hasWorked = try await TraceScope.withNewTrace { () async throws(StoreError) in
                        try await workOnce()
                    }
                    if !hasWorked { try await beginDuePass() }
                } catch {
                    logger.error("usage sync failed", metadata: ["error": "\(error)"])
                }
                try? await runtime.sleep(Self.pause)
            }
        }
    }

    /// Begins a pass if the last one ended long enough ago.
    ///
    /// - Returns: Whether a pass was begun.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func beginDuePass() async throws(StoreError) -> Bool {
        guard intervalSeconds > 0 else { return false }
        let now = runtime.now()
        let latest = try await runs.latestRun(.usageSync)
        // A time in the future was written while the clock ran ahead.
        if let latest, latest.syncProgress.map(isOurs) ?? false, latest.updatedAt <= now,
            now.seconds(since: latest.updatedAt) < intervalSeconds
        {
            return false
        }
        return try await runs.beginSync(
            source.kind,
            chainID: source.chainID,
            isFull: false,
            id: JobID.make(.usageSync),
            now: now
        ).isBegun
    }

    private func isOurs(_ progress: UsageSyncProgress) -> Bool {
        progress.source == source.kind && progress.chainID == source.chainID
    }

    /// Takes the waiting pass, if there is one, and executes it as far as possible.
    ///
    /// - Returns: Whether a pass was waiting.
    /// - Throws: ``StoreError`` when the store fails.
    @discardableResult
    package func workOnce() async throws(StoreError) -> Bool {
        let run = try await runs.takeUp(
            .usageSync,
            as: name,
            now: runtime.now(),
            seconds: UsageSync.leaseSeconds
        )
        guard let run else { return false }
        guard let progress = run.syncProgress, isOurs(progress) else {
            let reason =
                "It is of another source or another version of console-billing. Ask for a sync again."
            _ = try await runs.replace(run.left(.failed, reason: reason, now: runtime.now()))
            return true
        }
        let sync = UsageSync(
            run,
            progress,
            as: name,
            runs: runs,
            ledger: ledger,
            source: source,
            runtime: runtime,
            logger: logger
        )
        do throws(SyncInterruption) {
            do throws(SyncInterruption) {
                try await sync.perform()
                try await sync.leave(.completed)
                logger.debug("usage sync completed", metadata: sync.summary)
            } catch {
                try await end(sync, error)
            }
        } catch {
            logger.error("usage sync failed", metadata: ["run": "\(run.id)", "error": "\(error)"])
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
            (reason, failure) = ("\(why) Nothing of that page was stored.", .unreadable)
        case .calendar(let fault):
            (reason, failure) = ("\(fault.date.text): \(fault.problem). No day was stored.", .unreadable)
        case .store(let error): (reason, failure) = ("\(error)", .storeUnavailable)
        }
        logger.warning(
            "usage sync failed",
            metadata: sync.summary.merging(["reason": "\(reason)"]) { first, _ in first }
        )
        try await sync.leave(.failed, reason: reason, failure: failure)
    }
}

extension UsageSync {
    /// Metadata for the log lines about this pass.
    fileprivate var summary: Logger.Metadata {
        [
            "run": "\(run.id)", "pass": "\(progress.pass)", "leases": "\(progress.leases)",
            "leases_changed": "\(progress.leasesChanged)", "days_changed": "\(progress.daysChanged)",
            "contradictions": "\(progress.contradictions)",
        ]
    }
}
