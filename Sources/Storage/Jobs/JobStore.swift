package import Billing

/// The jobs, stored next to the log so that they survive restarts.
///
/// Concurrent changes cannot overwrite each other: each change names the revision that it was made from. A
/// runner that holds a job needs no other lock, and only one replica works on a job at a time.
package protocol JobStore: Sendable {
    /// The backfill or reconciliation that was added last.
    func latestJob(_ kind: Job.Kind) async throws(StoreError) -> Job?

    func job(id: String) async throws(StoreError) -> Job?

    /// Jobs, the one added last first.
    func jobs(_ query: JobQuery) async throws(StoreError) -> [Job]

    /// How many jobs there are of each kind and state; none are left out.
    func summary() async throws(StoreError) -> [JobSummary]

    /// Adds a job.
    ///
    /// - Returns: Whether it was added. It is not added if its id exists, nor if it is a backfill or a
    ///   reconciliation while another one of its kind has a due time.
    func add(_ job: Job) async throws(StoreError) -> Bool

    /// Takes jobs that are due for one runner, the earliest due first; of those with a topic only the first.
    ///
    /// - Parameters:
    ///   - kind: The kind.
    ///   - holder: The name of the runner.
    ///   - now: The current time.
    ///   - seconds: How long no other runner may take them.
    ///   - limit: The most jobs to take.
    /// - Returns: The jobs, in any order, each with one attempt more.
    /// - Throws: ``StoreError``.
    func take(
        _ kind: Job.Kind,
        as holder: String,
        now: Instant,
        seconds: Int64,
        limit: Int
    ) async throws(StoreError) -> [Job]

    /// Replaces the stored job with a changed one, and adds and deletes others; durable when it returns.
    ///
    /// - Parameters:
    ///   - job: The changed job.
    ///   - added: The jobs to add, except those whose ids exist.
    ///   - withdrawn: The ids of jobs to delete, which no runner has ever taken.
    /// - Returns: The job with its next revision. `nil`, without a change, if the stored job has another
    ///   revision, if this job would be the second backfill or reconciliation with a due time, or if a runner
    ///   has taken one of the jobs to delete.
    /// - Throws: ``StoreError``.
    func replace(
        _ job: Job,
        adding added: [Job],
        withdrawing withdrawn: [String]
    ) async throws(StoreError) -> Job?

    /// Deletes a job that is done.
    ///
    /// - Returns: Whether it was deleted: not if the stored job has another revision.
    func remove(_ job: Job) async throws(StoreError) -> Bool

    /// Makes jobs of a kind due now that are due later than `latest`, and ends leases that end later.
    ///
    /// For a clock that was ahead when the times were stored.
    func reschedule(_ kind: Job.Kind, dueAfter latest: Instant, now: Instant) async throws(StoreError)
}

extension JobStore {
    package func replace(_ job: Job) async throws(StoreError) -> Job? {
        try await replace(job, adding: [], withdrawing: [])
    }
}

/// Which jobs to list.
package struct JobQuery: Sendable, Equatable {
    package var kinds: [Job.Kind]
    package var states: [Job.State]
    package var limit: Int
    /// Only jobs that were added before the job of this id.
    package var startingAfter: String?

    package init(
        kinds: [Job.Kind] = Job.Kind.allCases,
        states: [Job.State] = Job.State.allCases,
        limit: Int,
        startingAfter: String? = nil
    ) {
        self.kinds = kinds
        self.states = states
        self.limit = limit
        self.startingAfter = startingAfter
    }
}

/// The jobs of a kind that are in a state.
package struct JobSummary: Sendable, Equatable {
    package let kind: Job.Kind
    package let state: Job.State
    package let count: Int
    /// The earliest due time; `nil` if none has one.
    package let dueAt: Instant?
    /// When the oldest of those that have a due time was added.
    package let createdAt: Instant?

    package init(_ kind: Job.Kind, _ state: Job.State, count: Int, dueAt: Instant?, createdAt: Instant?) {
        self.kind = kind
        self.state = state
        self.count = count
        self.dueAt = dueAt
        self.createdAt = createdAt
    }
}

/// The outcome of a request for a backfill or a reconciliation.
package enum JobStart: Sendable, Equatable {
    case begun(Job)
    /// An unfinished job has the same parameters, and continues.
    case resumed(Job)
    /// A job with the same parameters is waiting or running.
    case underWay(Job)
    /// Another job of the kind is waiting or running.
    case occupied(Job)
}

/// Why an operator's request for a job is refused.
package enum JobRefusal: Error, Equatable {
    case unknown
    /// A runner holds the job.
    case running
    /// The job is complete, or has failed already, and is not due again.
    case ended
    /// The job begins again by itself.
    case perpetual
    /// The job changed meanwhile, or another backfill or reconciliation is under way.
    case changed
    case store(StoreError)
}

extension JobStore {
    /// Makes a job due now that waits, that was paused or that failed; its attempts count from 0 again.
    package func retry(id: String, now: Instant) async throws(JobRefusal) -> Job {
        try await change(id) { job throws(JobRefusal) in
            if job.state == .running { throw .running }
            if job.state == .completed, job.dueAt == nil { throw .ended }
            var again = job.left(.waiting, dueAt: now, now: now)
            again.attempts = 0
            return again
        }
    }

    /// Ends a job that waits, runs or was paused: a runner that holds it stops at its next step.
    package func cancel(id: String, by name: String, now: Instant) async throws(JobRefusal) -> Job {
        try await change(id) { job throws(JobRefusal) in
            if job.kind.isPerpetual { throw .perpetual }
            if job.dueAt == nil, job.state != .paused { throw .ended }
            return job.left(.failed, reason: "canceled by \(name)", now: now)
        }
    }

    private func change(
        _ id: String,
        _ body: (Job) throws(JobRefusal) -> Job
    ) async throws(JobRefusal) -> Job {
        let stored: Job?
        do {
            stored = try await job(id: id)
        } catch {
            throw .store(error)
        }
        guard let stored else { throw .unknown }
        let next = try body(stored)
        do {
            if let changed = try await replace(next) { return changed }
        } catch {
            throw .store(error)
        }
        throw .changed
    }
}

extension JobStore {
    /// Begins a backfill or a reconciliation, or resumes the unfinished one with the same parameters.
    ///
    /// A job that the service began by itself is stopped in favour of an operator's.
    ///
    /// - Parameters:
    ///   - kind: The kind.
    ///   - id: The id of a new job.
    ///   - request: The parameters.
    ///   - now: The current time.
    /// - Returns: The outcome.
    /// - Throws: ``StoreError``.
    package func begin(
        _ kind: Job.Kind,
        id: String,
        request: JobRequest,
        now: Instant
    ) async throws(StoreError) -> JobStart {
        let job = Job(kind, id: id, request: request, now: now)
        // Another process may begin or end a job between the read and the write.
        for _ in 0..<8 {
            guard let latest = try await latestJob(kind), latest.state != .completed else {
                if try await add(job) { return .begun(job) }
                continue
            }
            let isSame = latest.asked?.parameters == request.parameters
            if latest.state.isUnderWay {
                if isSame { return .underWay(latest) }
                guard request.origin == .operator, latest.asked?.origin != .operator else {
                    return .occupied(latest)
                }
                _ = try await replace(latest.left(.failed, reason: "stopped for \(id)", now: now))
            } else if isSame {
                var again = latest.left(.waiting, dueAt: now, now: now)
                again.request = job.request
                if let resumed = try await replace(again) { return .resumed(resumed) }
            } else if try await add(job) {
                return .begun(job)
            }
        }
        throw StoreError(.busy, while: "beginning a job")
    }
}
