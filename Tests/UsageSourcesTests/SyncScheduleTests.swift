import Billing
import Storage
import StorageConformance
import Testing

/// When a pass is due, and what one remembers of the last.
@Suite(.timeLimit(.minutes(2)))
struct SyncScheduleTests {
    /// A chain without days, and without leases unless they are given.
    private struct Quiet: UsageSource {
        var kind = UsageSourceKind.indexer
        var chainID = "akashnet-2"
        var height: Int64? = 100
        var leases: [LeaseRecord] = []

        func head() async throws(UsageSourceError) -> ChainHead {
            ChainHead(height: height, at: Instant(unixSeconds: 1_789_999_000))
        }
        func leases(_ question: LeaseQuery) async throws(UsageSourceError) -> LeasePage {
            LeasePage(leases: leases, next: nil)
        }
        func leases(named identities: [LeaseIdentity]) async throws(UsageSourceError) -> LeasePage {
            LeasePage(leases: leases, next: nil)
        }
        func days(
            from date: CalendarDate?,
            through height: Int64
        ) async throws(UsageSourceError) -> [CalendarDay] { [] }
    }

    private let bench = SyncBench(store: InMemoryStore())

    /// Starts a service, and says whether a pass was due.
    private func isDue(
        after seconds: Int64,
        _ source: Quiet = Quiet(),
        interval: Int64 = 300
    ) async throws -> Bool {
        let now = SyncBench.now.adding(seconds: seconds)
        try await bench.worker(source, interval: interval, now: now).start()
        return try await bench.runner(source, interval: interval, now: now).workOnce() == 1
    }

    @Test func `the first pass is due at once, and the next when the last has been over for the interval`()
        async throws
    {
        #expect(try await isDue(after: 0))
        #expect(try await isDue(after: 299) == false)
        #expect(try await isDue(after: 300))
        #expect(try await bench.latest().syncProgress?.pass == 2)
    }

    @Test func `an interval of 0 turns the schedule off, and a shorter one is kept to after a start`()
        async throws
    {
        #expect(try await isDue(after: 0, interval: 0) == false)
        #expect(try await bench.store.job(id: "usage_sync") == nil)
        #expect(try await isDue(after: 0, interval: 90_000))
        #expect(try await isDue(after: 1, interval: 90_000) == false)
        #expect(try await isDue(after: 1, interval: 300))
    }

    @Test func `one job serves all passes, and remembers where the chain was`() async throws {
        let first = try await bench.pass(Quiet())
        let second = try await bench.pass(Quiet(height: 5000))
        #expect(first.id == second.id)
        #expect(second.syncProgress?.pass == 2)
        #expect(second.syncProgress?.completed?.height == 5000)
        #expect(second.syncProgress?.lagSeconds(now: SyncBench.now) == 1000)
        #expect(second.syncProgress?.next(isFull: false).closedFrom == 3800)
        #expect(second.syncProgress?.next(isFull: true).closedFrom == nil)
    }

    @Test func `another source or chain begins from the beginning, even where one is under way`() async throws
    {
        try await bench.pass(Quiet())
        let other = Quiet(chainID: "sandbox-01")
        try await bench.worker(other).start()
        let begun = try await bench.latest()
        #expect(begun.syncProgress?.chainID == "sandbox-01")
        #expect(begun.syncProgress?.completed == nil)
        _ = try await bench.store.take(.usageSync, as: "other", now: SyncBench.now, seconds: 60, limit: 1)
        #expect(try await isDue(after: 0, Quiet()))
        let run = try await bench.latest()
        #expect(run.syncProgress?.chainID == "akashnet-2")
        #expect([run.syncProgress?.pass, run.syncProgress?.completed?.height.map(Int.init)] == [1, 100])
    }

    @Test func `a full pass tells of the final days that a lease contradicts, each time`() async throws {
        func lease(_ dseq: Int64) -> LeaseRecord {
            LeaseRecord(
                identity: LeaseIdentity(
                    chainID: "akashnet-2",
                    owner: "akash1o",
                    dseq: dseq,
                    gseq: 1,
                    oseq: 1,
                    bseq: 0,
                    provider: "akash1p"
                ),
                prices: [.init(fromHeight: 5, denomination: .uact, pricePerBlock: .zero)],
                createdHeight: 5,
                state: .active,
                resources: LeaseResources(),
                source: "indexer",
                asOfHeight: 100
            )
        }
        let day = CalendarDay(
            date: CalendarDate(dayNumber: 20_000),
            firstHeight: 1,
            lastHeight: 99,
            lastHeightYet: 99,
            aktPrice: nil,
            isFinal: true
        )
        _ = try await bench.store.put([lease(1)])
        _ = try await bench.store.put([day])
        for contradictions in [1, 1] {
            let run = try await bench.pass(Quiet(leases: [lease(1), lease(2)]), isFull: true)
            #expect(run.syncProgress?.contradictions == contradictions)
        }
        let run = try await bench.pass(Quiet(leases: [lease(1), lease(2)]))
        #expect(run.syncProgress?.contradictions == 0, "a later pass reads what is new")
    }

    @Test func `an indexer without a block is nothing to fail at`() async throws {
        let run = try await bench.pass(Quiet(height: nil))
        #expect(run.state == .completed)
        #expect(run.syncProgress?.completed?.height == nil)
    }
}
