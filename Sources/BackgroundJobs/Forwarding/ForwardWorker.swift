import Billing
import CoreMetrics
package import HTTPClient
package import Logging
package import Storage

/// Passes Stripe's events on to a receiver, in the order of the log, byte for byte and signed anew.
///
/// A receiver gets what its own endpoint at Stripe would get: the events of our own account and mode. A receiver
/// in trouble delays only itself. An event that it refuses delays only the events of the same object. After a
/// kill, events since the last stored progress are passed on again: receivers of Stripe's events expect repetition.
///
/// Each receiver takes a worker, because a worker works on one job at a time and these jobs never end.
package struct ForwardWorker: JobWorker {
    private let targets: [ForwardTarget]
    let livemode: Bool?
    let store: any EventLog & JobStore
    let transport: any HTTPTransport
    let runtime: JobRunner.Runtime
    let logger: Logger

    package let kinds = [Job.Kind.forward]
    /// How long the events of a process that died wait for another.
    package let leaseSeconds: Int64 = 60
    package let longestWait = ForwardAnswer.unavailability.maxRetryAfterSeconds

    private static let batchSize = 20
    /// More than one attempt takes: 30 seconds at most.
    private static let attemptSeconds: Int64 = 35
    /// After so many failures in a row with one event, another one shows whether the fault is the event's.
    private static let failuresOfEvent = 5
    /// The most events that wait behind refused ones; then the receiver counts as in trouble.
    private static let delayedAtMost = 1000

    /// - Parameters:
    ///   - targets: All receivers.
    ///   - livemode: The mode of the events to pass on; `nil` for both.
    ///   - store: The log, and the jobs.
    ///   - transport: Sends the requests; it must not follow redirects.
    ///   - runtime: Clock, sleep and randomness.
    ///   - logger: Gets a line for each event that is not accepted, without its body.
    package init(
        targets: [ForwardTarget],
        livemode: Bool?,
        store: any EventLog & JobStore,
        transport: any HTTPTransport,
        runtime: JobRunner.Runtime,
        logger: Logger
    ) {
        self.targets = targets
        self.livemode = livemode
        self.store = store
        self.transport = transport
        self.runtime = runtime
        self.logger = logger
    }

    package func start() async throws(StoreError) {
        let jobs = try await store.jobs(JobQuery(kinds: [.forward], limit: 1000))
        for target in targets {
            let now = runtime.now()
            if let job = jobs.first(where: { $0.id == target.jobID }) {
                guard job.state != .running else { continue }
                _ = try await store.replace(job.left(.waiting, dueAt: now, now: now))
            } else if let former = formerJob(of: target, among: jobs), let progress = former.forwardProgress {
                var job = Job(forwardingTo: target.jobID, after: progress.sequence, now: now)
                job.keep(progress)
                if try await store.add(job) {
                    let reason = "continued as \(target.jobID)"
                    _ = try await store.replace(former.left(.completed, reason: reason, now: now))
                }
            } else {
                // A new receiver begins with what arrives from now on.
                let end = try await store.lastSequence()
                _ = try await store.add(Job(forwardingTo: target.jobID, after: end, now: now))
            }
        }
    }

    /// The job of a receiver whose path or query was changed, if it is the only one of its host.
    private func formerJob(of target: ForwardTarget, among jobs: [Job]) -> Job? {
        let known = Set(targets.map(\.jobID))
        let others = jobs.filter { job in
            job.id.hasPrefix(target.hostPrefix) && !known.contains(job.id) && job.state != .completed
        }
        let isAlone = targets.count { $0.hostPrefix == target.hostPrefix } == 1
        return isAlone && others.count == 1 ? others[0] : nil
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        guard let target = targets.first(where: { $0.jobID == execution.job.id }) else {
            // A replica that is about to end may not know the receiver yet.
            let due = runtime.now().adding(seconds: ForwardAnswer.unavailability.capSeconds)
            return .retry(at: due, reason: "FORWARD_TO does not name this receiver")
        }
        guard var progress = execution.job.forwardProgress else { throw .unreadable }
        // The first attempt after a start, or after an operator's `jobs retry`.
        if execution.job.attempts <= 1 { progress.makeDue(at: runtime.now()) }
        while true {
            let before = progress
            let outcome: JobOutcome?
            do throws(Interruption) {
                outcome = try await passOn(to: target, &progress, execution)
            } catch {
                execution.update(progress)
                throw error
            }
            execution.update(progress)
            if let outcome { return outcome }
            if progress != before || execution.secondsLeft <= Self.attemptSeconds {
                try await execution.keep()
            }
            guard progress.sequence == before.sequence else { continue }
            guard (try? await runtime.sleep(.seconds(1))) != nil else { throw .stopped }
        }
    }

    // MARK: One step

    /// Passes on what is due of the delayed events, and the next events of the log.
    ///
    /// - Returns: The end of the work for now, if the receiver is in trouble.
    private func passOn(
        to target: ForwardTarget,
        _ progress: inout ForwardProgress,
        _ execution: JobExecution
    ) async throws(Interruption) -> JobOutcome? {
        // A slow receiver takes a batch longer than the lease lasts.
        var mayGoOn: Bool { execution.secondsLeft > Self.attemptSeconds }
        var blocked: Set<String> = []
        for delayed in progress.delayed {
            if let object = delayed.objectID, !blocked.insert(object).inserted { continue }
            // A later time than any wait was stored while the clock was ahead.
            let wait = delayed.dueAt.seconds(since: runtime.now())
            guard wait <= 0 || wait > ForwardAnswer.refusal.capSeconds else { continue }
            guard mayGoOn else { return nil }
            let event = try await events(after: delayed.sequence - 1, limit: 1)
                .first { $0.sequence == delayed.sequence }
            let answer = try await answer(to: event, of: target)
            try settle(delayed, answer, event, of: target, &progress)
        }
        let next = try await events(after: progress.sequence, limit: Self.batchSize)
        for event in next {
            guard mayGoOn else { return nil }
            guard progress.delayed.count < Self.delayedAtMost else {
                return unavailable("refuses too many events", asked: nil, target, &progress)
            }
            let object = event.entry.objectID
            if object != nil, progress.delayed.contains(where: { $0.objectID == object }) {
                let now = runtime.now()
                progress.delayed.append(
                    .init(sequence: event.sequence, objectID: object, dueAt: now, since: now)
                )
            } else {
                switch try await answer(to: event, of: target) {
                case .interrupted: throw .stopped
                case .accepted: accepted(&progress, target)
                case .bodyGone: givenUp(&progress, target)
                case .refused(let status): refused(event, "\(status)", of: target, &progress, at: nil)
                case .unavailable(let reason, let asked):
                    guard progress.failures >= Self.failuresOfEvent,
                        try await isOnly(event, troubling: target, among: next)
                    else { return unavailable(reason, asked: asked, target, &progress) }
                    refused(event, reason, of: target, &progress, at: nil)
                case nil: break
                }
                progress.failures = 0
            }
            progress.sequence = event.sequence
        }
        return nil
    }

    /// Whether the receiver takes the next event of another object, which it gets again in its turn.
    private func isOnly(
        _ event: StoredEvent,
        troubling target: ForwardTarget,
        among events: [StoredEvent]
    ) async throws(Interruption) -> Bool {
        for other in events where other.sequence > event.sequence {
            guard other.entry.objectID != event.entry.objectID else { continue }
            let answer = try await answer(to: other, of: target)
            if let answer, answer != .bodyGone { return answer == .accepted }
        }
        return false
    }

    /// Enters the answer to an event that was refused before, or that waited behind one.
    private func settle(
        _ delayed: ForwardProgress.Delayed,
        _ answer: ForwardAnswer?,
        _ event: StoredEvent?,
        of target: ForwardTarget,
        _ progress: inout ForwardProgress
    ) throws(Interruption) {
        guard let index = progress.delayed.firstIndex(where: { $0.sequence == delayed.sequence }) else {
            return
        }
        switch (answer, event) {
        case (.interrupted, _): throw .stopped
        case (.refused(let status), let event?):
            refused(event, "\(status)", of: target, &progress, at: index)
        // The next events show whether the receiver is in trouble.
        case (.unavailable(let reason, _), let event?):
            refused(event, reason, of: target, &progress, at: index)
        case (.accepted, _):
            accepted(&progress, target)
            progress.delayed.remove(at: index)
        case (.bodyGone, _):
            givenUp(&progress, target)
            progress.delayed.remove(at: index)
        default: progress.delayed.remove(at: index)
        }
    }

    private func givenUp(_ progress: inout ForwardProgress, _ target: ForwardTarget) {
        progress.givenUp += 1
        count("given_up", target)
    }

    private func accepted(_ progress: inout ForwardProgress, _ target: ForwardTarget) {
        progress.accepted += 1
        count("accepted", target)
    }

    private func refused(
        _ event: StoredEvent,
        _ reason: String,
        of target: ForwardTarget,
        _ progress: inout ForwardProgress,
        at index: Int?
    ) {
        let now = runtime.now()
        var delayed =
            index.map { progress.delayed[$0] }
            ?? .init(sequence: event.sequence, objectID: event.entry.objectID, dueAt: now, since: now)
        delayed.since = min(delayed.since, now)
        delayed.attempts += 1
        var metadata: Logger.Metadata = [
            "receiver": "\(target.jobID)", "event": "\(event.entry.id)", "reason": "\(reason)",
            "attempt": "\(delayed.attempts)",
        ]
        guard now.seconds(since: delayed.since) < ForwardAnswer.patienceSeconds else {
            if let index { progress.delayed.remove(at: index) }
            givenUp(&progress, target)
            logger.error("event not passed on: the receiver refused it for three days", metadata: metadata)
            return
        }
        let seconds = ForwardAnswer.refusal.wait(
            afterAttempt: delayed.attempts,
            askedSeconds: nil,
            random: runtime.random()
        )
        delayed.dueAt = now.adding(seconds: seconds)
        if let index { progress.delayed[index] = delayed } else { progress.delayed.append(delayed) }
        count("refused", target)
        metadata["seconds"] = "\(seconds)"
        logger.warning("event refused by its receiver", metadata: metadata)
    }

    private func unavailable(
        _ reason: String,
        asked: Int64?,
        _ target: ForwardTarget,
        _ progress: inout ForwardProgress
    ) -> JobOutcome {
        progress.failures += 1
        count("unavailable", target)
        let seconds = ForwardAnswer.unavailability.wait(
            afterAttempt: progress.failures,
            askedSeconds: asked,
            random: runtime.random()
        )
        logger.warning(
            "receiver unavailable",
            metadata: ["receiver": "\(target.jobID)", "reason": "\(reason)", "seconds": "\(seconds)"]
        )
        return .retry(at: runtime.now().adding(seconds: seconds), reason: reason)
    }

    func count(_ result: String, _ target: ForwardTarget) {
        Counter(
            label: "console_billing_events_forwarded_total",
            dimensions: [("receiver", target.jobID), ("result", result)]
        ).increment()
    }
}
