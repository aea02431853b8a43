package import Billing
package import Logging
package import Storage
package import StripeAPI
import Traces

/// Looks for reasons for alerts every second, and stores the alerts that it finds as jobs.
///
/// Alerts are derived from the store; webhook deliveries never wait for this.
package struct AlertSearch: JobWorker {
    private let store: any Store
    private let detector: AlertDetector
    private let runtime: JobRunner.Runtime
    private let logger: Logger

    package let kinds = [Job.Kind.alertSearch]
    package let leaseSeconds: Int64 = 60
    package let longestWait: Int64 = 60

    /// How often the state is stored and the lease renewed: the rest of the lease is for a look at Stripe.
    private static let renewalSeconds: Int64 = 30
    /// After a longer pause than a restart takes, the service was down: webhooks could not arrive then.
    private static let absenceSeconds: Int64 = 300
    /// More than the search lets wait of all topics together.
    private static let waitingAtMost = 1000

    /// - Parameters:
    ///   - store: The source of the alerts; also keeps them until they are sent.
    ///   - stripe: Asked when no webhook arrives; `nil` without a key, and missed webhooks are then not
    ///     detected.
    ///   - silenceAfterSeconds: How long without a webhook before Stripe is asked; 0 for never.
    ///   - balanceDrift: The dollars by which a balance may differ from what Console and the chain state; zero for any.
    ///   - formatter: Builds the alerts.
    ///   - runtime: Clock and sleep.
    ///   - logger: Gets a line for every alert, without the alert's body.
    package init(
        store: any Store,
        stripe: StripeClient?,
        silenceAfterSeconds: Int64,
        balanceDrift: ExactAmount,
        formatter: AlertFormatter,
        runtime: JobRunner.Runtime,
        logger: Logger
    ) {
        self.store = store
        self.runtime = runtime
        self.logger = logger
        detector = AlertDetector(
            store: store,
            stripe: stripe,
            silenceAfterSeconds: silenceAfterSeconds,
            balanceDrift: balanceDrift,
            formatter: formatter,
            now: runtime.now
        )
    }

    package func start() async throws(StoreError) {
        var job = Job(only: .alertSearch, now: runtime.now())
        job.keep(AlertState(begunAt: runtime.now()))
        _ = try await store.add(job)
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        var state = stateAtStart(execution.job)
        while true {
            do throws(Interruption) {
                try await TraceScope.withNewTrace { () async throws(Interruption) in
                    try await look(&state, execution)
                }
            } catch {
                // The search goes on: another runner would find the same store.
                guard case .store(let error) = error, !Task.isCancelled, execution.secondsLeft > 0 else {
                    throw error
                }
                logger.error("alert search failed", metadata: ["error": "\(error)"])
            }
            guard (try? await runtime.sleep(.seconds(1))) != nil else { throw .stopped }
        }
    }

    func stateAtStart(_ job: Job) -> AlertState {
        let now = runtime.now()
        // The state of a later version cannot be decoded: start with an empty one. Alerts that are sent again
        // have the same ids, so receivers can drop them.
        var state = job.alertState ?? AlertState(begunAt: now)
        if now.seconds(since: state.lookedAt) > Self.absenceSeconds {
            state.silence.monitoringSince = now
            state.silence.lookAgainAt = now
        }
        return state
    }

    /// Looks once, and stores what is new.
    func look(_ state: inout AlertState, _ execution: JobExecution) async throws(Interruption) {
        var found = AlertLook(state, waiting: try await waiting())
        try await asked { () async throws(StoreError) in try await detector.find(&found) }
        try await keep(found, &state, execution)
        var heard = AlertLook(state, waiting: try await waiting())
        let failure = try await asked { () async throws(StoreError) in try await detector.listen(&heard) }
        if let failure {
            // An error of Stripe's API does not mean that webhooks are missing: log it, send no alert.
            logger.notice("could not check for missing webhooks", metadata: ["reason": "\(failure)"])
        }
        try await keep(heard, &state, execution)
    }

    private func waiting() async throws(Interruption) -> [Job] {
        try await asked { () async throws(StoreError) in
            try await store.jobs(
                JobQuery(kinds: [.alert], states: [.waiting, .running], limit: Self.waitingAtMost)
            )
        }
    }

    private func keep(
        _ look: AlertLook,
        _ state: inout AlertState,
        _ execution: JobExecution
    ) async throws(Interruption) {
        var next = look.state
        // The read position advances at every look, so a change of it alone is not written. After a kill those
        // events are read again, and yield alerts that are known or none.
        var unread = next
        unread.risksReadThrough = state.risksReadThrough
        let isNews = unread != state || !look.found.isEmpty || !look.withdrawn.isEmpty
        let age = runtime.now().seconds(since: state.lookedAt)
        let isKept = isNews || !(0..<Self.renewalSeconds).contains(age)
        if isKept { next.lookedAt = runtime.now() }
        execution.update(next)
        if isKept {
            try await execution.keep(
                adding: look.found.map { Job(sending: $0) },
                withdrawing: look.withdrawn
            )
        }
        state = next
        for alert in look.found {
            logger.notice("alert", metadata: ["alert": "\(alert.id)", "type": "\(alert.kind.rawValue)"])
        }
    }

    private func asked<Answer>(
        _ question: () async throws(StoreError) -> Answer
    ) async throws(Interruption) -> Answer {
        do throws(StoreError) {
            return try await question()
        } catch {
            throw .store(error)
        }
    }
}
