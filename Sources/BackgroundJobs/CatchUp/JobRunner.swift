package import Billing
package import Logging
import ServiceLifecycle
package import Storage
package import StripeAPI
import Traces

/// Executes the stored runs: backfills and reconciliations, requested by operators or by the schedule.
///
/// It begins two kinds by itself: a catch-up after downtime, and the daily reconciliation.
package struct JobRunner: Service {
    /// Clock, sleep and randomness, injectable for tests.
    package struct Runtime: Sendable {
        package var now: @Sendable () -> Instant
        package var uptime: @Sendable () -> ContinuousClock.Instant
        package var sleep: @Sendable (Duration) async throws -> Void
        package var random: @Sendable () -> Double

        package init(
            now: @escaping @Sendable () -> Instant,
            uptime: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
            sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
            random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
        ) {
            self.now = now
            self.uptime = uptime
            self.sleep = sleep
            self.random = random
        }
    }

    private let store: any Store
    private let stripe: StripeClient
    private let livemode: Bool
    private let schedule: JobSchedule
    private let runtime: Runtime
    private let logger: Logger
    private let name: String

    private static let pause = Duration.seconds(1)
    /// Seconds until a catch-up that began by itself is retried after Stripe failed to answer.
    private static let retrySeconds: Int64 = 300

    /// - Parameters:
    ///   - store: Holds the runs and the event log.
    ///   - stripe: The client for Stripe's API; requests are rate-limited.
    ///   - livemode: The mode of the key.
    ///   - schedule: The schedule of runs that begin by themselves.
    ///   - runtime: Clock, sleep and randomness.
    ///   - name: Identifies this worker as the holder of a lease; unique among replicas.
    ///   - logger: Gets a line when a run begins, stops or ends.
    package init(
        store: any Store,
        stripe: StripeClient,
        livemode: Bool,
        schedule: JobSchedule = JobSchedule(),
        runtime: Runtime,
        name: String = JobID.make(prefix: "worker_"),
        logger: Logger
    ) {
        self.store = store
        self.stripe = stripe
        self.livemode = livemode
        self.schedule = schedule
        self.runtime = runtime
        self.name = name
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let startedAt = runtime.now()
            var hasLookedBack = false
            while !Task.isCancelled {
                do {
                    if !hasLookedBack {
                        try await beginCatchUp()
                        hasLookedBack = true
                    }
                    if try await workOnce() { continue }
                    try await beginDueReconciliation(startedAt: startedAt)
                } catch {
                    logger.error("job failed", metadata: ["error": "\(error)"])
                }
                try? await runtime.sleep(Self.pause)
            }
        }
    }

    /// Takes a waiting run, if there is one, and executes it as far as possible.
    ///
    /// - Returns: Whether a run was waiting.
    /// - Throws: ``StoreError`` when the store fails.
    @discardableResult
    package func workOnce() async throws(StoreError) -> Bool {
        for kind in [Job.Kind.backfill, .reconciliation] {
            let run = try await store.takeUp(
                kind,
                as: name,
                now: runtime.now(),
                seconds: RunSession.leaseSeconds
            )
            guard let run else { continue }
            await TraceScope.withNewTrace { await work(on: run) }
            return true
        }
        return false
    }

    // MARK: Scheduled runs

    /// Begins a backfill of undelivered events if no event arrived for long.
    ///
    /// - Returns: Whether a run was begun.
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
    /// - Parameter startedAt: When this worker started.
    /// - Returns: Whether a run was begun.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func beginDueReconciliation(startedAt: Instant) async throws(StoreError) -> Bool {
        guard schedule.reconcilesByItself, !stripe.needsAccount else { return false }
        let last = try await store.latestRun(.reconciliation)
        let now = runtime.now()
        guard schedule.isReconciliationDue(last: last?.begunAt, startedAt: startedAt, now: now) else {
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
        // A new run, even if yesterday's failed: resuming that would compare yesterday's period.
        let run = Job(kind, id: id, request: request, now: runtime.now())
        let isBegun = try await store.begin(run)
        if isBegun {
            logger.notice("job started", metadata: ["run": "\(id)", "for": "\(request.origin.rawValue)"])
        }
        return isBegun
    }

    // MARK: One run

    private func work(on run: Job) async {
        do throws(Interruption) {
            let session = try RunSession(
                run,
                as: name,
                store: store,
                stripe: stripe,
                livemode: livemode,
                runtime: runtime,
                logger: logger
            )
            do throws(Interruption) {
                switch run.kind {
                case .backfill: try await Backfill(session: session).perform()
                case .reconciliation:
                    try await Reconciliation(session: session).perform()
                    try await session.tell()
                case .usageSync, .alerts, .retention: throw .unreadable
                }
                try await session.leave(.completed)
                logger.notice("job completed", metadata: session.summary)
            } catch {
                try await end(session, error)
            }
        } catch {
            logger.error("job failed", metadata: ["run": "\(run.id)", "error": "\(error)"])
            if case .unreadable = error {
                let reason =
                    "another version of console-billing started it, with parameters that this version cannot read"
                _ = try? await store.replace(run.left(.failed, reason: reason, now: runtime.now()))
            }
        }
    }

    private func end(_ session: RunSession, _ interruption: Interruption) async throws(Interruption) {
        logger.notice(
            "job interrupted",
            metadata: session.summary.merging(["reason": "\(interruption)"]) { first, _ in first }
        )
        switch interruption {
        case .leaseLost, .unreadable: return
        case .stopped: try await session.leave(.running)
        case .needsWord(let question): try await session.leave(.paused, reason: question)
        case .keyRefused(let error):
            session.progress.failure = .keyRefused
            try await session.leave(
                .failed,
                reason: error == .accountRequired
                    ? "The key is an organisation's and asks on behalf of one of its accounts. Name it: --account acct_…"
                    : "Stripe refuses the key (\(error)). Set STRIPE_SECRET_KEY to one that is valid."
            )
        case .stripeUnavailable(let error):
            session.progress.failure = .stripeUnavailable
            let reason = "Stripe's API does not answer (\(error)). The same command continues from here."
            guard session.request.origin == .start else {
                return try await session.leave(.failed, reason: reason)
            }
            try await session.leave(
                .running,
                reason: reason,
                dueAt: runtime.now().adding(seconds: Self.retrySeconds)
            )
        case .store(let error):
            session.progress.failure = .storeUnavailable
            try await session.leave(.failed, reason: "\(error). The same command continues from here.")
        }
    }
}

extension RunSession {
    /// Metadata for the log lines about this run.
    fileprivate var summary: Logger.Metadata {
        var summary: Logger.Metadata = [
            "run": "\(run.id)", "requests": "\(progress.requests)", "listed": "\(progress.listed)",
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
            run: run,
            comparison: comparison,
            request: request,
            livemode: livemode,
            now: now
        )
        guard let event = try? Event(parsing: body) else { return }
        _ = try await record([DeliveredEvent(event: event, payload: body, receivedAt: now, source: .api)])
    }
}
