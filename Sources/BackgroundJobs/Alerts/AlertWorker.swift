import Billing
import CoreMetrics
import HTTPClient
package import Logging
import ServiceLifecycle
package import Storage
package import StripeAPI
import Synchronization
import Traces

/// Sends alerts to the operators' receiver when something needs action and when it is resolved.
///
/// Alerts are derived from the store, and stored until the receiver accepts them. One replica at a time
/// sends; webhook deliveries never wait for it.
package final class AlertWorker: Service {
    private struct Held {
        var run: Job
        var journal: AlertState
    }

    private let store: any Store
    private let watch: AlertDetector
    private let sender: AlertSender
    private let runtime: JobRunner.Runtime
    private let logger: Logger
    private let name: String
    /// Used by one task at a time, so the lock is never contended.
    private let held = Mutex<Held?>(nil)

    private static let pause = Duration.seconds(1)
    /// How long this replica holds the lease, and below how many remaining seconds it renews.
    ///
    /// The last 30 s are meant for one attempt (15 s at most) and one look at Stripe.
    private static let leaseSeconds: Int64 = 60
    private static let renewedBelowSeconds: Int64 = 30
    /// After a longer pause than a restart takes, the service was down: webhooks could not arrive then.
    private static let absenceSeconds: Int64 = 300

    /// - Parameters:
    ///   - store: The source of the alerts; also keeps them until they are sent.
    ///   - stripe: Asked when no webhook arrives; `nil` without a key, and missed webhooks are then not
    ///     detected.
    ///   - silenceAfterSeconds: How long without a webhook before Stripe is asked; 0 for never.
    ///   - formatter: Builds the alerts.
    ///   - sender: Sends them.
    ///   - runtime: Clock, sleep and randomness.
    ///   - name: Identifies this worker as the holder of the lease; unique among replicas.
    ///   - logger: Gets a line for every attempt, without the alert's body.
    package init(
        store: any Store,
        stripe: StripeClient?,
        silenceAfterSeconds: Int64,
        formatter: AlertFormatter,
        sender: AlertSender,
        runtime: JobRunner.Runtime,
        name: String = JobID.make(prefix: "worker_"),
        logger: Logger
    ) {
        self.store = store
        self.sender = sender
        self.runtime = runtime
        self.logger = logger
        self.name = name
        watch = AlertDetector(
            store: store,
            stripe: stripe,
            silenceAfterSeconds: silenceAfterSeconds,
            formatter: formatter,
            now: runtime.now
        )
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(StoreError) {
                    try await TraceScope.withNewTrace { () async throws(StoreError) in
                        try await self.workOnce()
                    }
                } catch {
                    self.logger.error("alerts failed", metadata: ["error": "\(error)"])
                }
                try? await self.runtime.sleep(Self.pause)
            }
        }
        await leave()
    }

    /// Finds new alerts, and sends those that are due.
    ///
    /// Does nothing while another replica holds the lease.
    ///
    /// - Throws: ``StoreError``.
    package func workOnce() async throws(StoreError) {
        guard try await acquireLease() else { return }
        try await change { journal throws(StoreError) in try await self.watch.look(journal) }
        try await tell()
        try await change { journal throws(StoreError) in
            let (heard, failure) = try await self.watch.listen(journal)
            if let failure {
                // An error of Stripe's API does not mean that webhooks are missing: log it, send no alert.
                self.logger.notice(
                    "could not check for missing webhooks",
                    metadata: ["reason": "\(failure)"]
                )
            }
            return heard
        }
        try await tell()
    }

    /// Gives up the lease, so that another replica can send.
    package func leave() async {
        guard let held = held.withLock(\.self) else { return }
        self.held.withLock { $0 = nil }
        var run = held.run
        run.keep(held.journal)
        _ = try? await store.replace(run.left(.waiting, dueAt: runtime.now(), now: runtime.now()))
    }

    // MARK: The journal

    /// - Returns: Whether this worker holds the lease.
    private func acquireLease() async throws(StoreError) -> Bool {
        let now = runtime.now()
        if let held = held.withLock(\.self) {
            let left = held.run.dueAt?.seconds(since: now) ?? 0
            if (Self.renewedBelowSeconds...Self.leaseSeconds).contains(left) { return true }
            return try await keep(held.journal)
        }
        let before = try await store.job(id: Job.Kind.alerts.rawValue)
        if before == nil {
            var job = Job(only: .alerts, now: now)
            job.keep(AlertState(begunAt: now))
            _ = try await store.add(job)
        }
        // A lease that ends later was stored while the clock was ahead.
        if let end = before?.dueAt, end.seconds(since: now) > Self.leaseSeconds {
            try await store.reschedule(.alerts, until: now)
        }
        let taken = try await store.take(.alerts, as: name, now: now, seconds: Self.leaseSeconds, limit: 1)
        guard let taken = taken.first else { return false }
        // A journal of a later version cannot be decoded: start with an empty one. Alerts that are sent again
        // have the same ids, so receivers can drop them.
        var journal = taken.alertJournal ?? AlertState(begunAt: now)
        if let before, now.seconds(since: before.updatedAt) > Self.absenceSeconds {
            journal.silence.monitoringSince = now
            journal.silence.lookAgainAt = now
        }
        held.withLock { $0 = Held(run: taken, journal: journal) }
        return true
    }

    /// Stores the journal and renews the lease.
    ///
    /// - Returns: `false` when another worker holds the lease now.
    private func keep(_ journal: AlertState) async throws(StoreError) -> Bool {
        guard let held = held.withLock(\.self) else { return false }
        let now = runtime.now()
        var run = held.run
        run.keep(journal)
        let until = now.adding(seconds: Self.leaseSeconds)
        let kept = try await store.replace(run.held(until: until, now: now))
        self.held.withLock { $0 = kept.map { Held(run: $0, journal: journal) } }
        return kept != nil
    }

    private func change(
        _ body: (AlertState) async throws(StoreError) -> AlertState
    ) async throws(StoreError) {
        guard let journal = held.withLock(\.self)?.journal else { return }
        let next = try await body(journal)
        guard next != journal else { return }
        var untold = next
        untold.risksReadThrough = journal.risksReadThrough
        // The read position advances at every look, so a change of it alone is not written. After a kill
        // those events are read again, and yield alerts that are known or none. It is stored with the next
        // change and when the lease is renewed.
        guard untold != journal else { return held.withLock { $0?.journal = next } }
        guard try await keep(next) else { return }
        for pending in next.pending
        where !journal.pending.contains(where: { $0.alert.id == pending.alert.id }) {
            logger.notice("alert", metadata: Self.metadata(pending.alert))
        }
    }

    // MARK: Sending

    private func tell() async throws(StoreError) {
        let due = held.withLock(\.self)?.journal.due(
            now: runtime.now(),
            longestWait: AlertDelivery.longestWait
        )
        for id in due ?? [] where !Task.isCancelled { try await tell(id) }
    }

    private func tell(_ id: String) async throws(StoreError) {
        guard var journal = held.withLock(\.self)?.journal,
            let index = journal.pending.firstIndex(where: { $0.alert.id == id })
        else { return }
        // Store the attempt first: a process that crashes during an attempt then still waits between
        // attempts.
        journal.pending[index].attempts += 1
        let attempt = journal.pending[index].attempts
        let wait = AlertDelivery.schedule.wait(
            afterAttempt: attempt,
            askedSeconds: nil,
            random: runtime.random()
        )
        journal.pending[index].dueAt = runtime.now().adding(seconds: wait)
        guard try await keep(journal) else { return }

        let alert = journal.pending[index].alert
        let answer: Result<TransportResponse, TransportError>
        do throws(TransportError) {
            answer = .success(try await sender.send(alert, now: runtime.now()))
        } catch {
            answer = .failure(error)
        }
        let now = runtime.now()
        let delivery = AlertDelivery(
            answer,
            attempt: attempt,
            now: now.unixSeconds,
            random: runtime.random()
        )
        note(delivery, of: alert, attempt: attempt)
        switch delivery {
        case .delivered, .gone: journal.pending.remove(at: index)
        case .retry(let seconds, let reason):
            journal.pending[index].dueAt = now.adding(seconds: seconds)
            journal.pending[index].failure = reason
        case .interrupted:
            journal.pending[index].attempts -= 1
            journal.pending[index].dueAt = now
            // Do not write while cancelled: `leave()` stores the journal.
            return held.withLock { [journal] in $0?.journal = journal }
        }
        _ = try await keep(journal)
    }

    private func note(_ delivery: AlertDelivery, of alert: Alert, attempt: Int) {
        var metadata = Self.metadata(alert)
        metadata["attempt"] = "\(attempt)"
        let result: String
        switch delivery {
        case .delivered:
            result = "delivered"
            logger.info("alert sent", metadata: metadata)
        case .gone:
            result = "gone"
            logger.error(
                "alert dropped: the receiver answered 410. Set ALERT_WEBHOOK_URL to another receiver",
                metadata: metadata
            )
        case .retry(let seconds, let reason):
            result = "failed"
            metadata["seconds"] = "\(seconds)"
            metadata["reason"] = "\(reason)"
            logger.warning("alert not sent", metadata: metadata)
        case .interrupted: return
        }
        Counter(
            label: "console_billing_alerts_sent_total",
            dimensions: [("type", alert.kind.rawValue), ("result", result)]
        ).increment()
    }

    private static func metadata(_ alert: Alert) -> Logger.Metadata {
        ["alert": "\(alert.id)", "type": "\(alert.kind.rawValue)"]
    }
}
