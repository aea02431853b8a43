package import Billing

/// A maintenance job: its parameters, its progress, and the worker that holds it.
///
/// The store does not interpret parameters and progress: both are JSON of the code that does the work.
package struct Job: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case backfill
        case reconciliation
        /// Copies leases and days from the chain; there is one run, which begins again and again.
        case usageSync = "usage_sync"
        /// Sends alerts to the operators' receiver; there is one run, which never ends.
        case alerts
        /// Purges old bodies; there is one run, which begins again and again.
        case retention
    }

    package enum State: String, Sendable, CaseIterable {
        /// Waiting for a worker, or held by one.
        case running
        /// Waiting for an operator's confirmation; the reason says of what.
        case paused
        case completed
        /// Stopped, and can be resumed from its progress; the reason says why.
        case failed
    }

    package let id: String
    package let kind: Kind
    package let begunAt: Instant
    package var request: String
    package var progress: String
    package var state: State
    package var reason: String?
    package var updatedAt: Instant
    /// The worker that holds the run; `nil` if none does, and empty if the run is due at `leasedUntil`.
    package var holder: String?
    /// Until when no other worker may take the run.
    package var leasedUntil: Instant
    /// The number of changes; see ``JobStore/replace(_:)``.
    package var revision: Int64

    package init(
        id: String,
        kind: Kind,
        begunAt: Instant,
        request: String,
        progress: String = "{}",
        state: State = .running,
        reason: String? = nil,
        updatedAt: Instant? = nil,
        holder: String? = nil,
        leasedUntil: Instant = Instant(unixSeconds: 0),
        revision: Int64 = 0
    ) {
        self.id = id
        self.kind = kind
        self.begunAt = begunAt
        self.request = request
        self.progress = progress
        self.state = state
        self.reason = reason
        self.updatedAt = updatedAt ?? begunAt
        self.holder = holder
        self.leasedUntil = leasedUntil
        self.revision = revision
    }
}

/// Which worker may take a run, and how its state changes: decisions only.
extension Job {
    /// Whether `worker` may take the run now.
    ///
    /// - Parameters:
    ///   - worker: The name of the worker.
    ///   - isAlone: Whether no other process can have the store open, so that another holder must be dead.
    ///   - now: The current time.
    /// - Returns: Whether it may.
    package func isFree(for worker: String, isAlone: Bool, now: Instant) -> Bool {
        guard state == .running else { return false }
        return holder == nil || holder == worker || isAlone || leasedUntil <= now
    }

    package func held(by worker: String, until: Instant, now: Instant) -> Job {
        var run = self
        run.holder = worker
        run.leasedUntil = until
        run.updatedAt = now
        return run
    }

    /// Ends the work on the run.
    ///
    /// - Parameters:
    ///   - state: The new state.
    ///   - reason: The reason, for operators.
    ///   - dueAt: When a run that continues is due again.
    ///   - now: The current time.
    /// - Returns: The run without a worker.
    package func left(_ state: State, reason: String? = nil, dueAt: Instant? = nil, now: Instant) -> Job {
        var run = self
        run.state = state
        run.reason = reason
        // A run that is due later has an empty holder until then, so that no worker takes it.
        run.holder = dueAt == nil ? nil : ""
        run.leasedUntil = dueAt ?? Instant(unixSeconds: 0)
        run.updatedAt = now
        return run
    }
}
