package import Billing
package import JSON

/// The progress of the usage sync: enough to continue after the process is killed at any point.
///
/// A pass reads everything that may have changed since the previous one: open leases, leases closed since,
/// and days that are not final. Each pass has a target height. It reads the leases in their state at that
/// height or later, and then the days up to that height, so that no day becomes final while one of its leases
/// may still change.
package struct UsageSyncProgress: Sendable, Equatable {
    /// Why a pass failed, for programs.
    package enum Failure: String, JSONEncodable, JSONDecodable, Sendable {
        case sourceUnavailable = "source_unavailable"
        case sourceRefused = "source_refused"
        case unreadable
        case storeUnavailable = "store_unavailable"
    }

    package enum Stage: String, JSONEncodable, JSONDecodable, Sendable {
        /// Between leases and days: counting the open leases that the source no longer has, and closing them.
        case leases, check, close, days, done
    }

    package let source: UsageSourceKind
    package let chainID: String
    /// Counted from 1.
    package var pass = 1
    package var stage = Stage.leases
    /// The source's height when the pass began; `nil` before the source was asked.
    package var target: ChainHead?
    /// For a source that is read one owner at a time: the owner being read, and the last owner that is
    /// finished.
    package var owner: String?
    package var lastOwner: String?
    package var cursor: String?
    /// Whether the pass also reads leases and days that were finished before.
    package var isFull = false

    // The counts of this pass.
    /// Records that the source returned.
    package var leases = 0
    package var leasesChanged = 0
    package var days = 0
    package var daysChanged = 0
    /// The final days that stay unchanged although the source contradicts them.
    package var contradictions = 0
    /// The leases that cannot be read, and the first of them.
    package private(set) var setAside = 0
    package private(set) var firstSetAside: [SetAsideLease] = []
    /// When the closed ones among them were closed: the next pass asks for these again.
    private var setAsideClosedAt: Set<Int64> = []
    /// The same of the pass before.
    private var askedAgain: Set<Int64> = []
    /// The open leases of the ledger that the source was asked for by name.
    package var checked = 0
    /// The number of them that it does not have, and the names of the first.
    package private(set) var missing = 0
    package private(set) var firstMissing: [String] = []
    /// The missing ones that were closed.
    package var vanished = 0
    package var failure: Failure?

    /// The source's height when the last completed pass began.
    package var completed: ChainHead?
    package var completedAt: Instant?

    package init(source: UsageSourceKind, chainID: String) {
        self.source = source
        self.chainID = chainID
    }

    /// The progress at the start of the next pass.
    ///
    /// - Parameter isFull: Whether to read leases and days again that were finished before.
    /// - Returns: Progress that keeps only how far the last completed pass came.
    package func next(isFull: Bool) -> UsageSyncProgress {
        var next = UsageSyncProgress(source: source, chainID: chainID)
        next.pass = pass + 1
        next.isFull = isFull
        next.askedAgain = setAsideClosedAt
        next.completed = completed
        next.completedAt = completedAt
        return next
    }

    /// Rows may appear late: leases closed up to this many blocks (two hours) before the last pass are read
    /// again.
    static let overlap: Int64 = 1200

    /// The height from which closed leases must be read; `nil` for all.
    package var closedFrom: Int64? {
        guard !isFull, let height = completed?.height else { return nil }
        return max(0, height &- Self.overlap)
    }

    /// Older leases to read again, by the heights at which they were closed.
    package var closedAt: [Int64] { isFull ? [] : askedAgain.sorted() }

    private static let maximumSetAsideHeights = 1000
    private static let shownSetAside = 10

    /// Counts leases that cannot be read.
    ///
    /// A source with more than a thousand heights of faulty closed leases is read again by a full pass only.
    package mutating func add(_ leases: [SetAsideLease]) {
        setAside += leases.count
        firstSetAside += leases.prefix(Self.shownSetAside - firstSetAside.count)
        for height in leases.compactMap(\.closedHeight)
        where setAsideClosedAt.count < Self.maximumSetAsideHeights {
            setAsideClosedAt.insert(height)
        }
    }

    package mutating func addMissing(_ leases: [LeaseIdentity]) {
        missing += leases.count
        firstMissing += leases.prefix(Self.shownSetAside - firstMissing.count).map(\.text)
    }

    /// Whether the missing leases are to be closed: a source that lacks more than it has is half empty itself, such as an
    /// indexer that is being filled anew or a node behind the wrong address, and no lease of it has ended.
    package var closesMissing: Bool { missing > 0 && missing <= checked - missing }

    /// The age of the newest block that the ledger includes.
    ///
    /// - Returns: Seconds; `nil` while no pass is completed, or if the source does not report the time.
    package func lagSeconds(now: Instant) -> Int64? {
        completed?.at.map { max(0, now.seconds(since: $0)) }
    }
}

extension UsageSyncProgress: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        source = try json.decode("source")
        chainID = try json.decode("chainID")
        pass = try json.decode("pass")
        stage = try json.decode("stage")
        target = try json.decodeIfPresent("target")
        owner = try json.decodeIfPresent("owner")
        lastOwner = try json.decodeIfPresent("lastOwner")
        cursor = try json.decodeIfPresent("cursor")
        isFull = try json.decode("isFull")
        leases = try json.decode("leases")
        leasesChanged = try json.decode("leasesChanged")
        days = try json.decode("days")
        daysChanged = try json.decode("daysChanged")
        contradictions = try json.decode("contradictions")
        setAside = try json.decode("setAside")
        checked = try json.decode("checked")
        missing = try json.decode("missing")
        firstMissing = try json.decode("firstMissing")
        vanished = try json.decode("vanished")
        firstSetAside = try json.decode("firstSetAside")
        setAsideClosedAt = Set(try json.decode("setAsideClosedAt") as [Int64])
        askedAgain = Set(try json.decode("askedAgain") as [Int64])
        failure = try json.decodeIfPresent("failure")
        completed = try json.decodeIfPresent("completed")
        completedAt = try json.decodeIfPresent("completedAt")
    }

    package func write(to json: inout JSONWriter) {
        json.member("askedAgain", askedAgain.sorted())
        json.member("chainID", chainID)
        json.member("checked", checked)
        json.member("completed", completed)
        json.member("completedAt", completedAt)
        json.member("contradictions", contradictions)
        json.member("cursor", cursor)
        json.member("days", days)
        json.member("daysChanged", daysChanged)
        json.member("failure", failure)
        json.member("firstMissing", firstMissing)
        json.member("firstSetAside", firstSetAside)
        json.member("isFull", isFull)
        json.member("lastOwner", lastOwner)
        json.member("leases", leases)
        json.member("leasesChanged", leasesChanged)
        json.member("missing", missing)
        json.member("owner", owner)
        json.member("pass", pass)
        json.member("setAside", setAside)
        json.member("setAsideClosedAt", setAsideClosedAt.sorted())
        json.member("source", source)
        json.member("stage", stage)
        json.member("target", target)
        json.member("vanished", vanished)
    }
}

extension Job {
    /// The progress of a usage sync; `nil` for a job of another kind, or for JSON of a later version.
    package var syncProgress: UsageSyncProgress? {
        kind == .usageSync ? Self.decode(progress) : nil
    }
}

extension JobStore {
    /// Makes a pass of the usage sync due, unless one is waiting or running.
    ///
    /// - Parameters:
    ///   - source: The source to read; a changed source is read from the beginning.
    ///   - chainID: The chain.
    ///   - isFull: Whether to read leases and days again that were finished before.
    ///   - now: The current time.
    /// - Returns: The job, and whether this call made the pass due.
    /// - Throws: ``StoreError``.
    package func beginSync(
        _ source: UsageSourceKind,
        chainID: String,
        isFull: Bool,
        now: Instant
    ) async throws(StoreError) -> (job: Job, isBegun: Bool) {
        // Another process may begin or end a pass between the read and the write.
        for _ in 0..<8 {
            let latest = try await job(id: Job.Kind.usageSync.rawValue)
            let reached = latest?.syncProgress.flatMap {
                $0.source == source && $0.chainID == chainID ? $0 : nil
            }
            if let latest, reached != nil, latest.state.isUnderWay { return (latest, false) }
            var progress = reached ?? UsageSyncProgress(source: source, chainID: chainID)
            // A failed pass continues where it stopped, unless a full pass is requested and this one is not
            // full.
            if progress.stage == .done || reached != nil && isFull && !progress.isFull {
                progress = progress.next(isFull: isFull)
            } else if isFull {
                progress.isFull = true
            }
            var job = latest?.left(.waiting, dueAt: now, now: now) ?? Job(only: .usageSync, now: now)
            job.keep(progress)
            if latest == nil {
                if try await add(job) { return (job, true) }
            } else if let begun = try await replace(job) {
                return (begun, true)
            }
        }
        throw StoreError(.busy, while: "beginning a sync")
    }
}
