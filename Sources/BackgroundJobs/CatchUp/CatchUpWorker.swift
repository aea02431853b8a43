package import Billing
package import Logging
package import Storage
package import StripeAPI

/// Performs backfills and reconciliations, requested by operators or by the schedule.
///
/// It begins two by itself: a catch-up after downtime, and the daily reconciliation.
package struct CatchUpWorker: JobWorker {
    private let store: any Store
    private let stripe: StripeClient
    private let livemode: Bool
    private let schedule: JobSchedule
    private let runtime: JobRunner.Runtime
    private let logger: Logger

    /// One after the other: what a backfill is about to record is no drift.
    package let kinds = [Job.Kind.backfill, .reconciliation]
    /// Longer than reading and recording one page takes.
    package let leaseSeconds: Int64 = 180
    /// The lease, and the longest wait that Stripe may ask for meanwhile.
    package let longestWait: Int64 = 900

    /// Seconds until a catch-up that began by itself is retried after Stripe failed to answer.
    private static let retrySeconds: Int64 = 300

    /// - Parameters:
    ///   - store: Holds the jobs and the event log.
    ///   - stripe: The client for Stripe's API; requests are rate-limited.
    ///   - livemode: The mode of the key.
    ///   - schedule: When jobs begin by themselves.
    ///   - runtime: Clock, sleep and randomness.
    ///   - logger: Gets a line when a job begins, stops or ends.
    package init(
        store: any Store,
        stripe: StripeClient,
        livemode: Bool,
        schedule: JobSchedule = JobSchedule(),
        runtime: JobRunner.Runtime,
        logger: Logger
    ) {
        self.store = store
        self.stripe = stripe
        self.livemode = livemode
        self.schedule = schedule
        self.runtime = runtime
        self.logger = logger
    }

    package func start() async throws(StoreError) { try await beginCatchUp() }

    package func plan(startedAt: Instant) async throws(StoreError) {
        try await beginDueReconciliation(startedAt: startedAt)
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        let session: RunSession
        do {
            session = try RunSession(
                execution,
                store: store,
                stripe: stripe,
                livemode: livemode,
                runtime: runtime,
                logger: logger
            )
        } catch {
            return .failed(
                reason:
                    "another version of console-billing started it, with parameters that this version cannot read"
            )
        }
        defer { execution.update(session.progress) }
        do throws(Interruption) {
            switch execution.job.kind {
            case .reconciliation:
                try await Reconciliation(session: session).perform()
                try await session.tell()
            default: try await Backfill(session: session).perform()
            }
            logger.notice("job completed", metadata: session.summary)
            return .completed()
        } catch {
            logger.notice(
                "job interrupted",
                metadata: session.summary.merging(["reason": "\(error)"]) { first, _ in first }
            )
            return try outcome(of: error, session)
        }
    }

    private func outcome(
        of interruption: Interruption,
        _ session: RunSession
    ) throws(Interruption) -> JobOutcome {
        switch interruption {
        case .needsWord(let question): return .paused(reason: question)
        case .keyRefused(let error):
            session.progress.failure = .keyRefused
            return .failed(
                reason: error == .accountRequired
                    ? "The key is an organisation's and asks on behalf of one of its accounts. Name it: --account acct_…"
                    : "Stripe refuses the key (\(error)). Set STRIPE_SECRET_KEY to one that is valid."
            )
        case .stripeUnavailable(let error):
            session.progress.failure = .stripeUnavailable
            let reason = "Stripe's API does not answer (\(error)). The same command continues from here."
            guard session.request.origin == .start else { return .failed(reason: reason) }
            return .retry(at: session.now.adding(seconds: Self.retrySeconds), reason: reason)
        case .store(let error):
            session.progress.failure = .storeUnavailable
            return .failed(reason: "\(error). The same command continues from here.")
        default: throw interruption
        }
    }

    // MARK: Scheduled jobs

    /// Begins a backfill of undelivered events if no event arrived for long.
    ///
    /// - Returns: Whether one was begun.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func beginCatchUp() async throws(StoreError) -> Bool {
        guard !stripe.needsAccount else { return false }
        let last = try await store.entries(EventQuery(source: .webhook, limit: 1))?.elements.first
        guard let from = schedule.catchUpFrom(lastEvent: last, now: runtime.now()) else { return false }
        let request = JobRequest(
            parameters: .init(since: "start", isUndeliveredOnly: true),
            from: from,
            through: nil,
            origin: .start
        )
        return try await begin(.backfill, request)
    }

    /// Begins a reconciliation if the last one is long ago.
    ///
    /// - Parameter startedAt: When the runner started.
    /// - Returns: Whether one was begun.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func beginDueReconciliation(startedAt: Instant) async throws(StoreError) -> Bool {
        guard schedule.reconcilesByItself, !stripe.needsAccount else { return false }
        let last = try await store.latestJob(.reconciliation)
        let now = runtime.now()
        guard schedule.isReconciliationDue(last: last?.createdAt, startedAt: startedAt, now: now) else {
            return false
        }
        let (from, through) = schedule.reconciledPeriod(now: now)
        let request = JobRequest(
            parameters: .init(since: "schedule"),
            from: from,
            through: through,
            origin: .schedule
        )
        return try await begin(.reconciliation, request)
    }

    private func begin(_ kind: Job.Kind, _ request: JobRequest) async throws(StoreError) -> Bool {
        let id = JobID.make(kind)
        // A new job, even if yesterday's failed: resuming that would compare yesterday's period.
        let isBegun = try await store.add(Job(kind, id: id, request: request, now: runtime.now()))
        if isBegun {
            logger.notice("job started", metadata: ["job": "\(id)", "for": "\(request.origin.rawValue)"])
        }
        return isBegun
    }
}

extension RunSession {
    /// Metadata for the log lines about this job.
    fileprivate var summary: Logger.Metadata {
        var summary: Logger.Metadata = [
            "job": "\(job.id)", "requests": "\(progress.requests)", "listed": "\(progress.listed)",
            "recorded": "\(progress.recorded)",
        ]
        if let comparison = progress.comparison { summary["drift"] = "\(comparison.remaining)" }
        if !progress.problems.isEmpty { summary["problems"] = "\(progress.problems.count)" }
        return summary
    }

    /// Records the reconciliation's result as an event, where operators find it.
    fileprivate func tell() async throws(Interruption) {
        guard let comparison = progress.comparison else { return }
        let body = OwnEvent.reconciliationCompleted(
            run: job,
            comparison: comparison,
            request: request,
            livemode: livemode,
            now: now
        )
        guard let event = try? IncomingEvent(parsing: body, receivedAt: now, source: .api) else { return }
        _ = try await record([event])
    }
}
