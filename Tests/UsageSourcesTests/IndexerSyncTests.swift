import Billing
import Storage
import StorageConformance
import Testing
import UsageSources

/// The records of an indexer over time add up to the true totals.
@Suite(.timeLimit(.minutes(10)))
struct IndexerSyncTests {
    @Test(arguments: UInt64(1)...8)
    func `syncing in steps while the chain grows comes to what importing the truth at once does`(
        seed: UInt64
    ) async throws {
        try await IndexerDatabase.with { database in
            try database.run(GeneratedChain.standing)
            var chain = GeneratedChain(seed: seed)
            try await SyncBench.withSQLite { bench in
                var contradictions = 0
                var cuts = 0
                var height = chain.start
                while true {
                    try database.run(chain.script(at: height))
                    let indexer = IndexerSource(try database.url, chainID: "akashnet-2", pageSize: 7)
                    let source = CuttingSource(indexer, after: height < chain.end ? chain.cut() : nil)
                    let run = try await bench.pass(source)
                    await indexer.close()
                    let progress = try #require(run.syncProgress)
                    contradictions += progress.contradictions
                    #expect(progress.missing == 0)
                    if run.state == .completed {
                        if progress.completed?.height == height {
                            if height == chain.end { break }
                            chain.reprice(from: height + 1)
                        }
                    } else {
                        #expect(progress.failure == .sourceUnavailable)
                        cuts += 1
                    }
                    height = chain.nextHeight(after: height)
                }
                #expect(contradictions == 0)
                #expect(cuts > 0)

                let truth = SyncBench(store: InMemoryStore())
                _ = try await truth.store.put(try chain.records())
                _ = try await truth.store.put(chain.calendar())
                let groups = try await bench.groups(of: GeneratedChain.owners)
                let expected = try await truth.groups(of: GeneratedChain.owners)
                #expect(groups.values.contains { !$0.isEmpty })
                for (name, lines) in expected { #expect(groups[name] == lines, "\(name)") }
                let known = try await bench.store.calendar(SyncBench.everyDay)
                #expect(known.map(\.heights) == chain.calendar().map(\.heights))
                #expect(known.map(\.aktPrice) == chain.calendar().map(\.aktPrice))
                #expect(known.map(\.isFinal) == chain.calendar().map(\.isFinal))
            }
        }
    }

    @Test func `closed leases and final days are not read again, except by a full sync`()
        async throws
    {
        try await IndexerDatabase.with { database in
            try database.run(GeneratedChain.standing)
            let chain = GeneratedChain(seed: 5, leases: 90)
            try database.run(chain.script(at: chain.end))
            let indexer = IndexerSource(try database.url, chainID: "akashnet-2", pageSize: 20)
            let bench = SyncBench(store: InMemoryStore())
            let first = try #require(try await bench.pass(indexer).syncProgress)
            #expect(first.leases == 90 && first.checked > 0)
            #expect(first.days == 12)
            let again = try #require(try await bench.pass(indexer).syncProgress)
            let open = chain.leases.count { lease in
                lease.closed.map { $0 > chain.end || lease.closingShownAt > chain.end } ?? true
            }
            #expect(open...open + 10 ~= again.leases)
            #expect(again.leasesChanged == 0)
            #expect(again.daysChanged == 0)
            #expect(again.days < 12)
            let full = try #require(try await bench.pass(indexer, isFull: true).syncProgress)
            #expect(full.leases == 90)
            #expect(full.leasesChanged == 0)
            #expect(full.days == 12)
            await indexer.close()
        }
    }
}
