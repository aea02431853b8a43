package import Billing

/// A piece of upkeep that takes a while: what is asked of it, how far it has come, and who is at it.
///
/// The store knows nothing of what is asked and of how far it is: both are JSON of whoever does the work.
package struct UpkeepRun: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case backfill
        case reconciliation
        /// Brings leases and days from the chain; there is one run, which begins again and again.
        case usageSync = "usage_sync"
        /// Tells operators' receiver what needs somebody; there is one run, which never ends.
        case alerts
        /// Lets go of old bodies; there is one run, which begins again and again.
        case retention
    }

    package enum State: String, Sendable, CaseIterable {
        /// To be worked on, or being worked on.
        case running
        /// Waits for an operator's word; the reason says what about.
        case paused
        case completed
        /// Stopped, and may be taken up again from where it is; the reason says why.
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
    /// Who is at it; `nil` when nobody is.
    package var holder: String?
    /// Until when nobody else takes it up.
    package var leasedUntil: Instant
    /// Counts the changes; see ``UpkeepRuns/replace(_:)``.
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

/// Who may work on a run, and what becomes of it: decisions only.
extension UpkeepRun {
    /// Whether `worker` may take it up now.
    ///
    /// - Parameters:
    ///   - worker: Who asks.
    ///   - isAlone: Whether no other process can have the store open, so that another holder is a dead one.
    ///   - now: The present.
    /// - Returns: Whether the run waits for somebody.
    package func isFree(for worker: String, isAlone: Bool, now: Instant) -> Bool {
        guard state == .running else { return false }
        return holder == nil || holder == worker || isAlone || leasedUntil <= now
    }

    package func held(by worker: String, until: Instant, now: Instant) -> UpkeepRun {
        var run = self
        run.holder = worker
        run.leasedUntil = until
        run.updatedAt = now
        return run
    }

    /// The run as its worker leaves it.
    ///
    /// - Parameters:
    ///   - state: What it is now.
    ///   - reason: Why, for operators.
    ///   - dueAt: When it is to be taken up again, of one that goes on.
    ///   - now: The present.
    /// - Returns: The run, in nobody's hands.
    package func left(_ state: State, reason: String? = nil, dueAt: Instant? = nil, now: Instant) -> UpkeepRun
    {
        var run = self
        run.state = state
        run.reason = reason
        // One that is due later is held by nobody for that long: every worker then leaves it alone.
        run.holder = dueAt == nil ? nil : ""
        run.leasedUntil = dueAt ?? Instant(unixSeconds: 0)
        run.updatedAt = now
        return run
    }
}
