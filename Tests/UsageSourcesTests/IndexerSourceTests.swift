import Billing
import PostgresClient
import Storage
import StorageConformance
import Testing
import UsageSources

/// How one lease or day of an indexer is read, and the refusal of another database.
@Suite(.timeLimit(.minutes(5)))
struct IndexerSourceTests {
    /// An indexer at height 2000, on its second day, with one lease of whose columns some are given.
    @discardableResult
    private func with<Result>(
        lease columns: [String: String] = [:],
        more: String = "",
        milliseconds: Int32 = 30_000,
        _ body: (IndexerSource) async throws -> Result
    ) async throws -> Result {
        try await IndexerDatabase.with { database in
            var values = [
                "\"deploymentGroupId\"": "'\(GeneratedChain.uuid(1))'", "owner": "'akash1o'",
                "dseq": "'1500'",
                "oseq": "1", "gseq": "1", "\"providerAddress\"": "'akash1provider0'",
                "\"createdHeight\"": "1500",
                "\"predictedClosedHeight\"": "999999999999999999999999999999", "price": "12.5",
                "denom": "'uakt'", "\"cpuUnits\"": "500", "\"gpuUnits\"": "2", "\"memoryQuantity\"": "1024",
                "\"ephemeralStorageQuantity\"": "2048", "\"persistentStorageQuantity\"": "4096",
            ]
            values.merge(columns) { $1 }
            let names = values.keys.sorted()
            try database.run(
                """
                \(GeneratedChain.standing);
                INSERT INTO block (height, datetime, "isProcessed") VALUES (2000, '2026-06-02 12:00:00+00', TRUE);
                INSERT INTO day (date, "aktPrice", "firstBlockHeight", "lastBlockHeight", "lastBlockHeightYet")
                VALUES ('2026-06-01', 0.1, 1000, 1899, 1899), ('2026-06-02', NULL, 1900, NULL, 2000);
                INSERT INTO lease (\(names.joined(separator: ", ")))
                VALUES (\(names.map { values[$0] ?? "" }.joined(separator: ", ")));
                \(more)
                """
            )
            let source = IndexerSource(
                try database.url,
                chainID: "akashnet-2",
                statementMilliseconds: milliseconds
            )
            do {
                let result = try await body(source)
                await source.close()
                return result
            } catch {
                await source.close()
                throw error
            }
        }
    }

    private func lease(_ columns: [String: String], more: String = "") async throws -> LeaseRecord {
        try await with(lease: columns, more: more) { source in
            let open = try await source.leases(LeaseQuery())
            let closed = try await source.leases(LeaseQuery(cursor: open.next))
            #expect(closed.next == nil)
            return try #require((open.leases + closed.leases).first)
        }
    }

    @Test func `a lease is read with its current state`() async throws {
        let lease = try await lease([:])
        #expect(lease.identity.text == "akashnet-2/akash1o/1500/1/1/0/akash1provider0")
        #expect(lease.providerName == "https://one.example:8443")
        #expect(lease.prices.map(\.pricePerBlock.microUnitsText) == ["12.5"])
        #expect(lease.state == .active)
        #expect(lease.endHeight == nil)
        #expect(lease.asOfHeight == 2000)
        #expect(lease.source == "indexer")
        #expect(
            lease.resources
                == LeaseResources(
                    cpuMilli: 500,
                    memoryBytes: 1024,
                    ephemeralBytes: 2048,
                    persistentBytes: 4096,
                    gpuUnits: 2,
                    gpuVendor: "nvidia",
                    gpuModel: "h100"
                )
        )
    }

    @Test(arguments: [
        ("0.1", "0.1"), ("1e-7", "0.0000001"), ("1234567.123456789", "1234567.123456789"), ("0", "0"),
        ("0.000001234567890123", "0.000001234567890123"), ("3", "3"),
    ])
    func `a price is the decimal number that was meant, although it is a double there`(
        written: String,
        read: String
    ) async throws {
        #expect(try await lease(["price": written]).prices[0].pricePerBlock.microUnitsText == read)
    }

    @Test(arguments: [
        // When it is predicted to run dry, when it was closed, and when it therefore did run dry.
        (2001, nil, nil), (2000, nil, 2000), (1700, nil, 1700), (1600, 1800, 1600), (1800, 1800, nil),
        (1900, 1800, nil), (1400, nil, 1500), (0, nil, nil), (5000, 1800, nil),
    ])
    func `an escrow that ran dry ends a lease, and a prediction does not`(
        predicted: Int,
        closed: Int?,
        end: Int64?
    ) async throws {
        let lease = try await lease([
            "\"predictedClosedHeight\"": "\(predicted)",
            "\"closedHeight\"": closed.map(String.init) ?? "NULL",
        ])
        #expect(lease.escrowEndHeight == end)
        #expect(lease.closedHeight == closed.map(Int64.init))
        #expect(
            lease.state == (closed != nil ? .closed : end != nil ? .insufficientFunds : .active)
        )
    }

    @Test func `several models of one group are joined, without a share for each`()
        async throws
    {
        let lease = try await lease(["\"deploymentGroupId\"": "'\(GeneratedChain.uuid(2))'"])
        #expect(lease.resources.gpuModel == "a100+rtx4090")
        #expect(lease.resources.gpuVendor == "nvidia")
        #expect(lease.groupCount == 2)
    }

    @Test func `USDC by its channel is USDC`() async throws {
        let hash = "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1"
        #expect(try await lease(["denom": "'\(hash)'"]).prices[0].denomination == .uusdc)
    }

    @Test(arguments: [
        (["denom": "'ibc/ABC'"], "ibc/ABC"), (["price": "'NaN'"], "price"), (["price": "-1"], "price"),
        (["price": "'Infinity'"], "price"), (["\"closedHeight\"": "1400"], "closed height"),
        (["\"cpuUnits\"": "-1"], "cpu units"), (["owner": "'a/b'"], "owner"), (["owner": "''"], "owner"),
        (["dseq": "'x'"], "dseq"), (["dseq": "'99999999999999999999'"], "dseq"),
    ])
    func `what cannot be is named, with the lease that has it, and nothing is kept`(
        columns: [String: String],
        name: String
    ) async throws {
        try await with(lease: columns) { source in
            let bench = SyncBench(store: InMemoryStore())
            let run = try await bench.pass(source)
            #expect(run.state == .failed)
            #expect(run.syncProgress?.failure == .unreadable)
            let reason = try #require(run.reason)
            #expect(reason.contains(name) && reason.contains("lease "), "\(reason)")
            #expect(try await bench.store.openLeases(of: "akash1o").isEmpty)
            #expect(try await bench.store.newestDay() == nil)
        }
    }

    @Test func `USDC by another channel is known once it is named`() async throws {
        let names = DenominationNames(usdc: ["ibc/ABC"])
        #expect(names.denomination("ibc/ABC") == .uusdc)
        #expect(names.denomination("ibc/ABD") == nil)
        #expect(names.denomination("uakt") == .uakt)
    }

    @Test func `a day is final once its last block is behind us, and was not before`() async throws {
        try await with { source in
            let days = try await source.days(from: nil, through: 2000)
            #expect(days.map(\.isFinal) == [true, false])
            #expect(days.map(\.heights) == [1000..<1900, 1900..<2001])
            #expect(days.map { $0.aktPrice?.text } == ["0.1", nil])
            let before = try await source.days(from: nil, through: 1899)
            #expect(before.map(\.isFinal) == [true])
            let earlier = try await source.days(from: nil, through: 1898)
            #expect(earlier.map(\.isFinal) == [false])
            #expect(earlier.map(\.heights) == [1000..<1899])
            let later = try await source.days(from: CalendarDate("2026-06-02"), through: 2000)
            #expect(later.map(\.date.text) == ["2026-06-02"])
        }
    }

    @Test func `a block that the indexer is not through with does not count`() async throws {
        let more = #"INSERT INTO block (height, datetime) VALUES (2001, '2026-06-02 12:00:06+00')"#
        try await with(more: more) { source in
            let head = try await source.head()
            #expect(head.height == 2000)
            #expect(head.at == Instant(rfc3339: "2026-06-02T12:00:00Z"))
        }
        let all = more + #"; ALTER TABLE block DROP COLUMN "isProcessed""#
        try await with(more: all) { source in
            let head = try await source.head()
            #expect(head.height == 2001)
        }
    }

    @Test func `a database that is not an indexer's is refused with that reason`() async throws {
        try await with(more: "DROP TABLE lease") { source in
            await #expect {
                _ = try await source.leases(LeaseQuery())
            } throws: { error in
                guard case .refused(let reason) = error as? UsageSourceError else { return false }
                return reason.contains("USAGE_INDEXER_URL") && reason.contains("42P01")
            }
        }
    }

    @Test func `nothing can be written in the indexer's database, whatever stands there for a table`()
        async throws
    {
        let trap = """
            CREATE TABLE trapped (at TIMESTAMPTZ);
            ALTER TABLE provider RENAME TO providers;
            CREATE FUNCTION trap() RETURNS BOOLEAN LANGUAGE sql VOLATILE AS
                'INSERT INTO trapped VALUES (now()) RETURNING TRUE';
            CREATE VIEW provider AS SELECT owner, "hostUri" FROM providers WHERE trap()
            """
        try await with(more: trap) { source in
            await #expect(throws: UsageSourceError.self) { _ = try await source.leases(LeaseQuery()) }
        }
    }

    @Test func `an answer that takes too long is given up`() async throws {
        let slow = """
            ALTER TABLE day RENAME TO days;
            CREATE VIEW day AS SELECT days.* FROM days, pg_sleep(600)
            """
        try await with(more: slow, milliseconds: 150) { source in
            await #expect(
                throws: UsageSourceError.unavailable("The indexer's database did not answer in time.")
            ) {
                _ = try await source.days(from: nil, through: 2000)
            }
            // The connection still works.
            let head = try await source.head()
            #expect(head.height == 2000)
        }
    }

    @Test func `a server that is not there is said to be away, without the password`() async throws {
        let url = try #require(PostgresURL("postgres://reader:sesame-open@127.0.0.1:1/console"))
        let source = IndexerSource(url, chainID: "akashnet-2")
        do {
            _ = try await source.head()
            Issue.record("answered")
        } catch {
            guard case .unavailable(let reason) = error else { throw error }
            #expect(!reason.contains("sesame"))
            #expect(reason.contains("cannot be reached"))
        }
        await source.close()
    }
}
