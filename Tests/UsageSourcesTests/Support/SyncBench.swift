import Billing
import Foundation
import Logging
import SQLiteStorage
import Storage
import BackgroundJobs

/// A source that falls silent after some answers, as one whose machine is taken away.
actor CuttingSource: UsageSource {
    nonisolated let kind: UsageSourceKind
    nonisolated let chainID: String
    private let base: any UsageSource
    private var left: Int?

    init(_ base: any UsageSource, after answers: Int?) {
        kind = base.kind
        chainID = base.chainID
        self.base = base
        left = answers
    }

    private func count() throws(UsageSourceError) {
        guard let left else { return }
        guard left > 0 else { throw .unavailable("silent") }
        self.left = left - 1
    }

    func head() async throws(UsageSourceError) -> ChainHead {
        try count()
        return try await base.head()
    }

    func leases(_ question: LeaseQuery) async throws(UsageSourceError) -> LeasePage {
        try count()
        return try await base.leases(question)
    }

    func leases(named identities: [LeaseIdentity]) async throws(UsageSourceError) -> LeasePage {
        try count()
        return try await base.leases(named: identities)
    }

    func days(
        from date: CalendarDate?,
        through height: Int64
    ) async throws(UsageSourceError) -> [CalendarDay] {
        try count()
        return try await base.days(from: date, through: height)
    }
}

/// A ledger that syncs write to.
struct SyncBench {
    typealias SyncStore = JobStore & UsageLedger

    static let now = Instant(unixSeconds: 1_790_000_000)
    let store: any SyncStore

    /// Requests a pass, and executes it as far as possible with a worker that is new to the store.
    @discardableResult
    func pass(
        _ source: any UsageSource,
        isFull: Bool = false,
        now: Instant = SyncBench.now
    ) async throws -> Job {
        _ = try await store.beginSync(
            source.kind,
            chainID: source.chainID,
            isFull: isFull,
            now: now
        )
        try await runner(source, now: now).workOnce()
        return try await latest()
    }

    func worker(
        _ source: any UsageSource,
        interval: Int64 = 300,
        now: Instant = SyncBench.now
    ) -> UsageSyncWorker {
        UsageSyncWorker(
            jobs: store,
            ledger: store,
            source: source,
            intervalSeconds: interval,
            runtime: JobRunner.Runtime(now: { now }, sleep: { _ in }),
            logger: Self.logger
        )
    }

    func runner(
        _ source: any UsageSource,
        interval: Int64 = 300,
        now: Instant = SyncBench.now
    ) -> JobRunner {
        JobRunner(
            [worker(source, interval: interval, now: now)],
            store: store,
            runtime: JobRunner.Runtime(now: { now }),
            logger: Self.logger
        )
    }

    private static let logger = Logger(label: "sync-tests") { _ in SwiftLogNoOpLogHandler() }

    func latest() async throws -> Job {
        guard let run = try await store.job(id: "usage_sync") else { throw Nothing() }
        return run
    }

    struct Nothing: Error {}

    static let everyDay = CalendarDate(dayNumber: 0)...CalendarDate(dayNumber: 100_000)

    /// The ledger's contents for some owners.
    func groups(of owners: [String]) async throws -> [String: [UsageGroup]] {
        var groups: [String: [UsageGroup]] = [:]
        for owner in owners {
            for grouping in UsageGrouping.ofLeases {
                groups["\(owner) by \(grouping)"] = try await store.usage(
                    of: owner,
                    Self.everyDay,
                    by: grouping
                )
            }
        }
        return groups
    }

    /// Opens a ledger on disk for as long as `body` runs.
    static func withSQLite<Result>(_ body: (SyncBench) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sync-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore(path: folder.appending(path: "test.sqlite").path)
        do {
            let result = try await body(SyncBench(store: store))
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}
