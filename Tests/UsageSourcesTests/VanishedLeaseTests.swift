import Billing
import Storage
import StorageConformance
import Testing

/// Leases that a source no longer has.
@Suite(.timeLimit(.minutes(2)))
struct VanishedLeaseTests {
    /// An indexer whose leases and days a test sets.
    private struct Indexer: UsageSource {
        let kind = UsageSourceKind.indexer
        let chainID = "akashnet-2"
        var height: Int64
        var leases: [LeaseRecord]
        var setAside: [SetAsideLease] = []
        /// Leases that the list lacks, and that are there when they are asked for by name.
        var unlisted: [LeaseRecord] = []
        var calendar: [CalendarDay] = []

        func head() async throws(UsageSourceError) -> ChainHead { ChainHead(height: height, at: nil) }
        func leases(_ question: LeaseQuery) async throws(UsageSourceError) -> LeasePage {
            LeasePage(leases: leases, setAside: setAside, next: nil)
        }
        func leases(named identities: [LeaseIdentity]) async throws(UsageSourceError) -> LeasePage {
            LeasePage(leases: leases + unlisted, setAside: setAside, next: nil)
        }
        func days(
            from date: CalendarDate?,
            through height: Int64
        ) async throws(UsageSourceError) -> [CalendarDay] { calendar.filter { $0.date >= date ?? $0.date } }
    }

    private static func lease(
        _ dseq: Int64,
        bseq: Int64 = 1,
        asOf: Int64,
        source: String = "indexer"
    ) throws -> LeaseRecord {
        LeaseRecord(
            identity: LeaseIdentity(
                chainID: "akashnet-2",
                owner: "akash1o",
                dseq: dseq,
                gseq: 1,
                oseq: 1,
                bseq: bseq,
                provider: "akash1p"
            ),
            prices: [
                .init(
                    fromHeight: 1000,
                    denomination: .uact,
                    pricePerBlock: try #require(TokenAmount(microUnits: "1"))
                )
            ],
            createdHeight: 1000,
            state: .active,
            resources: LeaseResources(),
            source: source,
            asOfHeight: asOf
        )
    }

    private static func day(_ number: Int64, isFinal: Bool) -> CalendarDay {
        let first = number * 1000
        return CalendarDay(
            date: CalendarDate(dayNumber: 20_000 + number),
            firstHeight: first,
            lastHeight: isFinal ? first + 999 : nil,
            lastHeightYet: isFinal ? first + 999 : first + 499,
            aktPrice: nil,
            isFinal: isFinal
        )
    }

    private let bench = SyncBench(store: InMemoryStore())

    /// An indexer that had leases 1, 2, 3 up to a height in the second day, and a ledger that has read it.
    private func read() async throws -> Indexer {
        let indexer = Indexer(
            height: 2499,
            leases: try (1...3).map { try Self.lease($0, asOf: 2499) },
            calendar: [Self.day(1, isFinal: true), Self.day(2, isFinal: false)]
        )
        #expect(try await bench.pass(indexer).syncProgress?.missing == 0)
        return indexer
    }

    /// The indexer a day later.
    private func later(_ indexer: Indexer, without dseqs: Set<Int64>) throws -> Indexer {
        var later = indexer
        later.height = 3499
        later.leases = try (1...3).filter { !dseqs.contains($0) }.map { try Self.lease($0, asOf: 3499) }
        later.calendar = [
            Self.day(1, isFinal: true), Self.day(2, isFinal: true), Self.day(3, isFinal: false),
        ]
        return later
    }

    private func open() async throws -> [Int64] {
        try await bench.store.openLeases(of: "akash1o").map(\.identity.dseq)
    }

    private func blocks() async throws -> [Int64] {
        try await bench.store.usage(of: "akash1o", SyncBench.everyDay, by: .total).map { group in
            group.totals.amounts[.uact]?.microUnitsText ?? "0"
        }.compactMap { Int64($0) }
    }

    @Test func `a lease that is gone costs nothing after the last height at which it was there`() async throws
    {
        let indexer = try await read()
        #expect(try await blocks() == [3000, 1500])
        let gone = try later(indexer, without: [2])
        let progress = try #require(try await bench.pass(gone).syncProgress)
        #expect(progress.checked == 3 && progress.missing == 1 && progress.vanished == 1)
        #expect(progress.contradictions == 0)
        #expect(progress.firstMissing == ["akashnet-2/akash1o/2/1/1/1/akash1p"])
        #expect(try await open() == [1, 3])
        #expect(try await blocks() == [3000, 2500, 1000])
        let name = try Self.lease(2, asOf: 0).identity
        let closed = try #require(try await bench.store.leases(named: [name]).first)
        #expect(closed.state == .closed && closed.closeReason == "vanished" && closed.closedHeight == 2500)
        let again = try #require(try await bench.pass(gone).syncProgress)
        #expect(again.missing == 0 && again.vanished == 0 && again.leasesChanged == 0)
    }

    @Test func `a lease that comes back is open again, and final days stay as they were`() async throws {
        let indexer = try await read()
        try await bench.pass(later(indexer, without: [2]))
        var back = try later(indexer, without: [])
        back.height = 4000
        back.calendar[2] = Self.day(3, isFinal: true)
        back.calendar.append(Self.day(4, isFinal: false))
        back.leases = try (1...3).map { try Self.lease($0, asOf: 4000) }
        try await bench.pass(back)
        #expect(try await open() == [1, 2, 3])
        #expect(try await blocks() == [3000, 2500, 3000, 1500])
    }

    @Test(arguments: [Set<Int64>([1, 2, 3]), [1, 2]])
    func `a source that lacks more than it has closes nothing, and says what it lacks`(
        dseqs: Set<Int64>
    ) async throws {
        let indexer = try await read()
        for _ in 1...2 {
            let progress = try #require(try await bench.pass(later(indexer, without: dseqs)).syncProgress)
            #expect(progress.missing == dseqs.count && progress.vanished == 0)
            #expect(try await open() == [1, 2, 3])
        }
    }

    @Test func `a lease that cannot be read, has no number or another source has not vanished`() async throws
    {
        let indexer = try await read()
        _ = try await bench.store.put([Self.lease(9, asOf: 1, source: "import")])
        var later = try later(indexer, without: [1, 2, 3])
        later.leases = [try Self.lease(1, bseq: 0, asOf: 3499)]
        later.setAside = [SetAsideLease(lease: "akash1o/2/1/1/1/akash1p", fault: "its price is NaN")]
        later.unlisted = [try Self.lease(3, asOf: 3499)]
        let progress = try #require(try await bench.pass(later).syncProgress)
        #expect(progress.checked == 3 && progress.missing == 0)
        #expect(try await open() == [1, 2, 3, 9])
    }

    @Test func `killed anywhere, a pass closes each vanished lease once`() async throws {
        let leases = try (1...260).map { try Self.lease($0, asOf: 2499) }
        let indexer = Indexer(height: 2499, leases: leases)
        try await bench.pass(indexer)
        var gone = try later(indexer, without: [])
        gone.leases = try (1...260).filter { $0 % 4 > 0 }.map { try Self.lease($0, asOf: 3499) }
        gone.calendar = []
        var run = try await bench.pass(CuttingSource(gone, after: 1))
        var attempts = 1
        while run.state != .completed, attempts < 30 {
            run = try await bench.pass(CuttingSource(gone, after: 1))
            attempts += 1
        }
        let progress = try #require(run.syncProgress)
        #expect(attempts > 4 && progress.missing == 65 && progress.vanished == 65)
        #expect(try await open().count == 195)
    }
}
