package import Billing

/// Work that the service does later: its parameters, its progress, and when a runner may take it.
///
/// The store does not interpret parameters and progress: both are JSON of the code that does the work.
package struct Job: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Asks Stripe for an object that the feed lacks.
        case fetch
        case backfill
        case reconciliation
        /// Copies leases and days from the chain; there is one job, which begins again and again.
        case usageSync = "usage_sync"
        /// Reads Console's own database; there is one job, which begins again and again, and one for dry runs.
        case consoleImport = "console_import"
        /// Looks for reasons for alerts; there is one job, which never ends.
        case alertSearch = "alert_search"
        /// Sends one alert to the operators' receiver.
        case alert
        /// Purges old bodies; there is one job, which begins again and again.
        case retention
        /// Passes Stripe's events on to a receiver; there is one job for each, which never ends.
        case forward

        /// Whether the one job of the kind never ends for good.
        package var isPerpetual: Bool {
            switch self {
            case .usageSync, .consoleImport, .alertSearch, .retention, .forward: true
            case .fetch, .backfill, .reconciliation, .alert: false
            }
        }
    }

    package enum State: String, Sendable, CaseIterable {
        case waiting
        /// A runner holds it.
        case running
        /// Waiting for an operator's confirmation; the reason says of what.
        case paused
        case completed
        /// The reason says why.
        case failed

        /// Whether the job waits for a runner, or is held by one.
        package var isUnderWay: Bool { [.waiting, .running].contains(self) }
    }

    package let id: String
    package let kind: Kind
    /// Only the job that was added first of a kind and a topic is taken; `""` for no topic.
    package let topic: String
    package var state: State
    /// When a runner may take the job: its due time, or the end of the lease of the runner that holds it.
    ///
    /// `nil`: never again. A completed or failed job with a due time begins again by itself.
    package var dueAt: Instant?
    /// How often a runner has taken it; an attempt that a stop of the service cut off does not count.
    package var attempts: Int
    /// The runner that holds the job.
    package var holder: String?
    package var request: String
    package var progress: String
    package var reason: String?
    package let createdAt: Instant
    package var updatedAt: Instant
    /// The number of changes; see ``JobStore/replace(_:)``.
    package var revision: Int64

    package init(
        id: String,
        kind: Kind,
        topic: String = "",
        state: State = .waiting,
        dueAt: Instant?,
        attempts: Int = 0,
        holder: String? = nil,
        request: String = "{}",
        progress: String = "{}",
        reason: String? = nil,
        createdAt: Instant,
        updatedAt: Instant? = nil,
        revision: Int64 = 0
    ) {
        self.id = id
        self.kind = kind
        self.topic = topic
        self.state = state
        self.dueAt = dueAt
        self.attempts = attempts
        self.holder = holder
        self.request = request
        self.progress = progress
        self.reason = reason
        self.createdAt = createdAt
        self.updatedAt = updatedAt ?? createdAt
        self.revision = revision
    }

    /// Makes the only job of its kind, due at once.
    package init(only kind: Kind, now: Instant) {
        self.init(id: kind.rawValue, kind: kind, dueAt: now, createdAt: now)
    }
}

/// How a job changes: decisions only.
extension Job {
    /// The job with a lease until a later time.
    package func held(until end: Instant, now: Instant) -> Job {
        var job = self
        job.dueAt = end
        job.updatedAt = now
        return job
    }

    /// The job without a runner.
    ///
    /// - Parameters:
    ///   - state: The new state.
    ///   - reason: The reason, for operators.
    ///   - dueAt: When a runner may take it again; `nil` for never.
    ///   - now: The current time.
    /// - Returns: The job.
    package func left(_ state: State, reason: String? = nil, dueAt: Instant? = nil, now: Instant) -> Job {
        var job = self
        job.state = state
        job.reason = reason
        job.holder = nil
        job.dueAt = dueAt
        job.updatedAt = now
        return job
    }
}
