package import Billing
package import Logging
package import Storage

/// Reads Console's own database: executes requested passes, and begins one when the last is old enough.
package struct ConsoleImportWorker: JobWorker {
    private let store: any Store
    private let source: any ConsoleSource
    private let livemode: Bool
    private let trialGrant: Money?
    private let intervalSeconds: Int64
    private let runtime: JobRunner.Runtime
    private let logger: Logger

    package let kinds = [Job.Kind.consoleImport]
    package let leaseSeconds: Int64 = 180
    package var longestWait: Int64 { max(leaseSeconds, intervalSeconds) }

    /// - Parameters:
    ///   - store: Gets what Console says.
    ///   - source: Console's database.
    ///   - livemode: The mode of the rows of credits.
    ///   - trialGrant: The money that a trial begins with; `nil` if it is not counted.
    ///   - intervalSeconds: Seconds from the end of one pass to the next; 0 turns the schedule off.
    ///   - runtime: Clock, sleep and randomness.
    ///   - logger: Gets a line for each pass.
    package init(
        store: any Store,
        source: any ConsoleSource,
        livemode: Bool,
        trialGrant: Money?,
        intervalSeconds: Int64,
        runtime: JobRunner.Runtime,
        logger: Logger
    ) {
        self.store = store
        self.source = source
        self.livemode = livemode
        self.trialGrant = trialGrant
        self.intervalSeconds = intervalSeconds
        self.runtime = runtime
        self.logger = logger
    }

    /// Begins a pass if there was none, or if the schedule was off.
    package func start() async throws(StoreError) {
        guard intervalSeconds > 0 else { return }
        let latest = try await store.job(id: Job.importID(isDryRun: false))
        if latest?.importProgress != nil, latest?.dueAt != nil { return }
        _ = try await store.beginImport(isDryRun: false, isFull: false, now: runtime.now())
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        guard let progress = execution.job.importProgress else { throw .unreadable }
        let pass = ConsoleImport(
            execution,
            progress,
            store: store,
            source: source,
            livemode: livemode,
            trialGrant: trialGrant,
            now: runtime.now
        )
        defer { execution.update(pass.progress) }
        let again =
            progress.isDryRun || intervalSeconds == 0 ? nil : runtime.now().adding(seconds: intervalSeconds)
        do throws(Interruption) {
            try await pass.perform()
            let level: Logger.Level = pass.progress.problems > 0 ? .warning : .debug
            logger.log(level: level, "console import completed", metadata: pass.progress.summary)
            return .completed(againAt: again)
        } catch .source(let error) {
            logger.warning(
                "console import failed",
                metadata: pass.progress.summary.merging(["reason": "\(error)"]) { first, _ in first }
            )
            return .failed(reason: "\(error)", againAt: again)
        }
    }
}

extension ConsoleImportProgress {
    /// Metadata for the log lines about this pass.
    fileprivate var summary: Logger.Metadata {
        [
            "pass": "\(pass)", "customers": "\(customers)", "linked": "\(linked)", "wallets": "\(wallets)",
            "payments": "\(payments)", "credits": "\(credits)", "problems": "\(problems)",
        ]
    }
}
