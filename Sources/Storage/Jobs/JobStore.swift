package import Billing

/// The runs of maintenance jobs, stored next to the log so that they survive restarts.
///
/// Concurrent changes cannot overwrite each other: each change names the revision that it was made from. A
/// worker that holds a run needs no other lock, and only one replica works on a run at a time.
package protocol JobStore: Sendable {
    /// Whether no other process can have the store open: then the holder of a run is a process that has died.
    var isStoreExclusive: Bool { get }

    /// The run of that kind that began last.
    func latestRun(_ kind: Job.Kind) async throws(StoreError) -> Job?

    func run(id: String) async throws(StoreError) -> Job?

    /// Adds a run.
    ///
    /// - Returns: Whether it was added. It is not added while another run of its kind is
    ///   ``Job/State/running``, nor if its id exists.
    func begin(_ run: Job) async throws(StoreError) -> Bool

    /// Replaces the stored run with a changed one; durable when it returns.
    ///
    /// - Returns: The run with its next revision. `nil`, without a change, if the stored run has another
    ///   revision, or if this run would be the second one of its kind that is running.
    func replace(_ run: Job) async throws(StoreError) -> Job?
}

/// The outcome of a request for a run.
package enum JobStart: Sendable, Equatable {
    case begun(Job)
    /// An unfinished run has the same parameters, and continues.
    case resumed(Job)
    /// A run with the same parameters is running.
    case underWay(Job)
    /// Another run of the kind is running.
    case occupied(Job)
}

extension JobStore {
    /// Begins a run, or resumes the unfinished run with the same parameters.
    ///
    /// - Parameters:
    ///   - run: The run to begin.
    ///   - isSame: Whether a stored run has the same parameters.
    ///   - now: The current time.
    /// - Returns: The outcome.
    /// - Throws: ``StoreError``.
    package func begin(
        _ run: Job,
        unless isSame: (_ request: String) -> Bool,
        now: Instant
    ) async throws(StoreError) -> JobStart {
        // Another process may begin or end a run between the read and the write.
        for _ in 0..<8 {
            let latest = try await latestRun(run.kind)
            switch latest?.state {
            case .running?:
                guard let latest else { continue }
                return isSame(latest.request) ? .underWay(latest) : .occupied(latest)
            case .paused?, .failed?:
                guard var again = latest, isSame(again.request) else { fallthrough }
                again = again.left(.running, now: now)
                again.request = run.request
                if let resumed = try await replace(again) { return .resumed(resumed) }
            case .completed?, nil:
                if try await begin(run) { return .begun(run) }
            }
        }
        throw StoreError(.busy, while: "beginning a run")
    }

    /// Takes the run of a kind that waits for a worker.
    ///
    /// - Parameters:
    ///   - kind: The kind.
    ///   - worker: The name of the worker.
    ///   - now: The current time.
    ///   - seconds: How long no other worker may take it.
    /// - Returns: The run, held by `worker`; `nil` if no run waits.
    /// - Throws: ``StoreError``.
    package func takeUp(
        _ kind: Job.Kind,
        as worker: String,
        now: Instant,
        seconds: Int64
    ) async throws(StoreError) -> Job? {
        guard let run = try await latestRun(kind),
            run.isFree(for: worker, isAlone: isStoreExclusive && run.holder != "", now: now)
        else { return nil }
        return try await replace(run.held(by: worker, until: now.adding(seconds: seconds), now: now))
    }
}
