package import Billing

/// The runs of upkeep, kept beside the log so that they survive every restart.
///
/// Two changes of one run cannot cross: each names the revision that it was made from. Whoever holds a run by that
/// means needs nothing else of the database, and of several replicas one works on it at a time.
package protocol UpkeepRuns: Sendable {
    /// Whether no other process can have the store open: whoever is said to hold a run then died.
    var isStoreExclusive: Bool { get }

    /// The run of that kind that was begun last.
    func latestRun(_ kind: UpkeepRun.Kind) async throws(StoreError) -> UpkeepRun?

    func run(id: String) async throws(StoreError) -> UpkeepRun?

    /// Adds a run.
    ///
    /// - Returns: Whether it was added: not while another of its kind is ``UpkeepRun/State/running``, nor under an
    ///   id that there is.
    func begin(_ run: UpkeepRun) async throws(StoreError) -> Bool

    /// Puts a changed run in the place of what stands under its id; durable when it returns.
    ///
    /// - Returns: The run with its next revision; `nil`, and nothing is changed, when what stands is of another
    ///   revision, or when another run of the kind is running and this one is to be.
    func replace(_ run: UpkeepRun) async throws(StoreError) -> UpkeepRun?
}

/// What became of a wish for a run.
package enum RunBeginning: Sendable, Equatable {
    case begun(UpkeepRun)
    /// The same was asked before and not brought to its end: it goes on from there.
    case resumed(UpkeepRun)
    /// The same is being worked on.
    case underWay(UpkeepRun)
    /// Another run of the kind is in the way.
    case occupied(UpkeepRun)
}

extension UpkeepRuns {
    /// Begins a run, or goes on with the one that was asked for the same.
    ///
    /// - Parameters:
    ///   - run: The run to begin.
    ///   - isSame: Whether a request that stands asks for the same.
    ///   - now: The present.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError``.
    package func begin(
        _ run: UpkeepRun,
        unless isSame: (_ request: String) -> Bool,
        now: Instant
    ) async throws(StoreError) -> RunBeginning {
        // Somebody else may begin or end one between our looking and our writing.
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

    /// Takes up the run of a kind that waits for somebody.
    ///
    /// - Parameters:
    ///   - kind: The kind.
    ///   - worker: Who takes it.
    ///   - now: The present.
    ///   - seconds: For how long nobody else gets it.
    /// - Returns: The run, held by `worker`; `nil` when there is none.
    /// - Throws: ``StoreError``.
    package func takeUp(
        _ kind: UpkeepRun.Kind,
        as worker: String,
        now: Instant,
        seconds: Int64
    ) async throws(StoreError) -> UpkeepRun? {
        guard let run = try await latestRun(kind),
            run.isFree(for: worker, isAlone: isStoreExclusive && run.holder != "", now: now)
        else { return nil }
        return try await replace(run.held(by: worker, until: now.adding(seconds: seconds), now: now))
    }
}
