import Billing
package import Logging
package import Storage

/// Keeps the usage ledger up to date with the chain: executes requested passes, and begins one when the last
/// is old enough.
package struct UsageSyncWorker: JobWorker {
    private let jobs: any JobStore
    private let ledger: any UsageLedger
    private let source: any UsageSource
    private let intervalSeconds: Int64
    private let runtime: JobRunner.Runtime
    private let logger: Logger

    package let kinds = [Job.Kind.usageSync]
    /// Longer than one page takes: the source's answer, retries and the ledger's writes.
    package let leaseSeconds: Int64 = 180
    package var longestWait: Int64 { max(leaseSeconds, intervalSeconds) }

    /// - Parameters:
    ///   - jobs: Holds the job.
    ///   - ledger: Holds leases, days and totals.
    ///   - source: The indexer or node to read from.
    ///   - intervalSeconds: Seconds from the end of one pass to the next; 0 turns the schedule off.
    ///   - runtime: Clock, sleep and randomness.
    ///   - logger: Gets a line for each pass.
    package init(
        jobs: any JobStore,
        ledger: any UsageLedger,
        source: any UsageSource,
        intervalSeconds: Int64,
        runtime: JobRunner.Runtime,
        logger: Logger
    ) {
        self.jobs = jobs
        self.ledger = ledger
        self.source = source
        self.intervalSeconds = intervalSeconds
        self.runtime = runtime
        self.logger = logger
    }

    /// Begins a pass if there was none of this source, or if the schedule was off.
    package func start() async throws(StoreError) {
        guard intervalSeconds > 0 else { return }
        let latest = try await jobs.job(id: Job.Kind.usageSync.rawValue)
        if let progress = latest?.syncProgress, isOurs(progress), latest?.dueAt != nil { return }
        _ = try await jobs.beginSync(
            source.kind,
            chainID: source.chainID,
            isFull: false,
            now: runtime.now()
        )
    }

    private func isOurs(_ progress: UsageSyncProgress) -> Bool {
        progress.source == source.kind && progress.chainID == source.chainID
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        guard let progress = execution.job.syncProgress, isOurs(progress) else {
            return .failed(
                reason: "It is of another source or another version of console-billing. Ask for a sync again."
            )
        }
        let sync = UsageSync(
            execution,
            progress,
            ledger: ledger,
            source: source,
            runtime: runtime,
            logger: logger
        )
        defer { execution.update(sync.progress) }
        do throws(Interruption) {
            try await sync.perform()
            logger.debug("usage sync completed", metadata: sync.summary)
            return .completed(againAt: nextPass)
        } catch {
            let (reason, failure): (String, UsageSyncProgress.Failure)
            switch error {
            case .source(.unavailable(let why)): (reason, failure) = (why, .sourceUnavailable)
            case .source(.refused(let why)): (reason, failure) = (why, .sourceRefused)
            case .source(.unreadable(let why)):
                (reason, failure) = ("\(why) Nothing of that page was stored.", .unreadable)
            case .calendar(let fault):
                (reason, failure) = (
                    "\(fault.date.text): \(fault.problem). No day was stored.", .unreadable
                )
            case .store(let error): (reason, failure) = ("\(error)", .storeUnavailable)
            default: throw error
            }
            logger.warning(
                "usage sync failed",
                metadata: sync.summary.merging(["reason": "\(reason)"]) { first, _ in first }
            )
            sync.progress.failure = failure
            return .failed(reason: reason, againAt: nextPass)
        }
    }

    private var nextPass: Instant? {
        intervalSeconds > 0 ? runtime.now().adding(seconds: intervalSeconds) : nil
    }
}

extension UsageSync {
    /// Metadata for the log lines about this pass.
    fileprivate var summary: Logger.Metadata {
        [
            "pass": "\(progress.pass)", "leases": "\(progress.leases)",
            "leases_changed": "\(progress.leasesChanged)", "days_changed": "\(progress.daysChanged)",
            "contradictions": "\(progress.contradictions)", "set_aside": "\(progress.setAside)",
            "vanished": "\(progress.vanished)",
        ]
    }
}
