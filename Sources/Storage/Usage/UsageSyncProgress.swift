package import Billing

/// How far the sync of usage has come: enough to go on from after a kill at any point.
///
/// A pass reads what may have changed since the one before: leases that are open, those that were closed since, and
/// days that are not final. It is of one height: leases are read as they are there or later, and only then days up to
/// there, so that no day becomes final while a lease of it may still change.
package struct UsageSyncProgress: Codable, Sendable, Equatable {
    /// Why a pass failed, for programs.
    package enum Failure: String, Codable, Sendable {
        case sourceUnavailable = "source_unavailable"
        case sourceRefused = "source_refused"
        case unreadable
        case storeUnavailable = "store_unavailable"
    }

    package enum Stage: String, Codable, Sendable {
        case leases, days
    }

    package let source: UsageSourceKind
    package let chainID: String
    /// Counted from 1.
    package var pass = 1
    package var stage = Stage.leases
    /// Where the source stood when the pass began; `nil` before it was asked.
    package var target: ChainHead?
    /// Whose leases are being read, of a source that is asked for one owner at a time, and whose were the last.
    package var owner: String?
    package var lastOwner: String?
    package var cursor: String?
    /// Whether the pass reads what was finished before as well.
    package var isFull = false

    // What this pass has come to.
    /// Records that the source told.
    package var leases = 0
    package var leasesChanged = 0
    package var days = 0
    package var daysChanged = 0
    /// Final days that stay as they were although the source says otherwise.
    package var contradictions = 0
    package var sittings = 0
    package var failure: Failure?

    /// Where the source stood when the last pass that came to its end began.
    package var completed: ChainHead?
    package var completedAt: Instant?

    package init(source: UsageSourceKind, chainID: String) {
        self.source = source
        self.chainID = chainID
    }

    /// The beginning of the next pass.
    ///
    /// - Parameter isFull: Whether what was finished before is read again as well.
    /// - Returns: What remembers how far the last one came, and nothing else.
    package func next(isFull: Bool) -> UsageSyncProgress {
        var next = UsageSyncProgress(source: source, chainID: chainID)
        next.pass = pass + 1
        next.isFull = isFull
        next.completed = completed
        next.completedAt = completedAt
        return next
    }

    /// Rows may come late: what was closed this many blocks before the last pass is read again, two hours of them.
    package static let overlap: Int64 = 1200

    /// From which height on closed leases are to be read; `nil` for all of them.
    package var closedFrom: Int64? {
        guard !isFull, let height = completed?.height else { return nil }
        return max(0, height - Self.overlap)
    }

    /// How old the newest block is that the ledger follows.
    ///
    /// - Returns: Seconds; `nil` while no pass has come to its end, or where the source does not say.
    package func lagSeconds(now: Instant) -> Int64? {
        completed?.at.map { max(0, now.seconds(since: $0)) }
    }
}

extension UpkeepRun {
    /// How far a sync of usage is; `nil` for another kind, or what a later version wrote.
    package var syncProgress: UsageSyncProgress? {
        kind == .usageSync ? Self.decode(progress) : nil
    }

    package mutating func keep(_ progress: UsageSyncProgress) { self.progress = Self.encode(progress) }
}

extension UpkeepRuns {
    /// Asks for a pass of the sync of usage, or for nothing where one is under way.
    ///
    /// - Parameters:
    ///   - source: Which source is read; a change of it begins from the beginning.
    ///   - chainID: Which chain.
    ///   - isFull: Whether what was finished before is read again as well.
    ///   - id: Of the run, should there be none yet.
    ///   - now: The present.
    /// - Returns: The run, and whether it was asked for by this.
    /// - Throws: ``StoreError``.
    package func beginSync(
        _ source: UsageSourceKind,
        chainID: String,
        isFull: Bool,
        id: String,
        now: Instant
    ) async throws(StoreError) -> (run: UpkeepRun, isBegun: Bool) {
        // Somebody else may begin or end a pass between our looking and our writing.
        for _ in 0..<8 {
            let latest = try await latestRun(.usageSync)
            guard var run = latest, let progress = run.syncProgress, progress.source == source,
                progress.chainID == chainID
            else {
                if let latest, latest.state == .running {
                    // Of another source, which nobody will go on with.
                    _ = try await replace(latest.left(.failed, reason: "gave way to \(id)", now: now))
                }
                var run = UpkeepRun(id: id, kind: .usageSync, begunAt: now, request: "{}")
                var progress = UsageSyncProgress(source: source, chainID: chainID)
                progress.isFull = isFull
                run.keep(progress)
                if try await begin(run) { return (run, true) }
                continue
            }
            if run.state == .running { return (run, false) }
            // One that failed goes on from where it was, unless more is asked than it was at.
            let goesOn = run.state != .completed && (progress.isFull || !isFull)
            run.keep(goesOn ? progress : progress.next(isFull: isFull))
            if let begun = try await replace(run.left(.running, now: now)) { return (begun, true) }
        }
        throw StoreError(.busy, while: "beginning a sync")
    }
}
