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
        try await with(lease: columns, more: more, milliseconds: milliseconds) { source, _ in
            try await body(source)
        }
    }

    private func with<Result>(
        lease columns: [String: String],
        pageSize: Int = 500,
        more: String,
        milliseconds: Int32 = 30_000,
        _ body: (IndexerSource, IndexerDatabase) async throws -> Result
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
                pageSize: pageSize,
                statementMilliseconds: milliseconds
            )
            do {
                let result = try await body(source, database)
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

    @Test func `the number of the bid is read, and is 0 in an indexer without`() async throws {
        #expect(try await lease(["bseq": "3"]).identity.bseq == 3)
        #expect(try await lease([:], more: "ALTER TABLE lease DROP COLUMN bseq").identity.bseq == 0)
    }

    @Test(arguments: [1, 500])
    func `a lease of a node or a file, and then of the indexer, is one lease with its number`(
        pageSize: Int
    ) async throws {
        for (first, then) in [("0", "2"), ("2", "0"), ("2", "2")] {
            let again =
                "INSERT INTO lease SELECT (l).* FROM (SELECT json_populate_record(lease, "
                + "json_build_object('id', gen_random_uuid(), 'bseq', bseq + 1)) AS l FROM lease) AS one"
            try await with(lease: ["bseq": first], pageSize: pageSize, more: again) { source, database in
                let bench = SyncBench(store: InMemoryStore())
                func known() async throws -> Set<Int64> {
                    Set(try await bench.store.openLeases(of: "akash1o").map(\.identity.bseq))
                }
                // Numbered leases of one order stay apart.
                try await bench.pass(source)
                #expect(try await known() == (first == "2" ? [2, 3] : [1]))
                try database.run("DELETE FROM lease WHERE bseq > \(first)")
                let other = SyncBench(store: InMemoryStore())
                try await other.pass(source)
                try database.run("UPDATE lease SET bseq = \(then)")
                try await other.pass(source)
                let open = try await other.store.openLeases(of: "akash1o")
                #expect(open.map(\.identity.bseq) == [2], "\(first) \(then)")
            }
        }
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
        #expect(lease.predictedEndHeight == (predicted > 2000 && closed == nil ? Int64(predicted) : nil))
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
    func `a lease that cannot be read is set aside with its fault, and the others are taken`(
        columns: [String: String],
        name: String
    ) async throws {
        let sound = """
            INSERT INTO lease SELECT (l).* FROM (
                SELECT json_populate_record(lease, '{"id": "\(GeneratedChain.uuid(9))", "owner": "akash1zz",
                    "dseq": "1600", "price": 12.5, "denom": "uakt", "cpuUnits": 500, "closedHeight": null,
                    "providerAddress": "akash1provider0"}') AS l
                FROM lease) AS one
            """
        try await with(lease: columns, more: sound) { source in
            let bench = SyncBench(store: InMemoryStore())
            for pass in 1...2 {
                let run = try await bench.pass(source)
                #expect(run.state == .completed, "\(run.reason ?? "")")
                let progress = try #require(run.syncProgress)
                #expect(progress.setAside == 1 && progress.pass == pass)
                let first = try #require(progress.firstSetAside.first)
                #expect(first.fault.contains(name) && first.lease.contains("/1/1/"), "\(first)")
                #expect(try await bench.store.openLeases(of: "akash1o").isEmpty)
                #expect(try await bench.store.openLeases(of: "akash1zz").count == 1)
                #expect(try await bench.store.newestDay() != nil)
            }
        }
    }

    @Test(arguments: [1, 500])
    func `a closed lease that was set aside is asked for again until it can be read`(
        pageSize: Int
    ) async throws {
        let columns = ["\"closedHeight\"": "1600", "denom": "'udoge'", "owner": "'akash1/o'"]
        try await with(lease: columns, pageSize: pageSize, more: "") { source, database in
            // The next pass of a chain at this height reads no lease that was closed at 1600.
            try database.run("INSERT INTO block VALUES (90000, '2026-06-09', NULL, TRUE)")
            let bench = SyncBench(store: InMemoryStore())
            for _ in 1...3 {
                #expect(try await bench.pass(source).syncProgress?.setAside == 1)
            }
            try database.run("UPDATE lease SET denom = 'uakt', owner = 'akash1o'")
            let progress = try #require(try await bench.pass(source).syncProgress)
            #expect(progress.setAside == 0 && progress.leasesChanged == 1)
            let again = try #require(try await bench.pass(source).syncProgress)
            #expect(again.leases == 0)
        }
    }

    @Test(arguments: [1, 500])
    func `a lease whose row is gone is closed once the indexer was asked for it by name`(
        pageSize: Int
    ) async throws {
        let others = """
            INSERT INTO lease SELECT (l).* FROM (
                SELECT json_populate_record(lease, json_build_object('id', gen_random_uuid(), 'dseq', other)) AS l
                FROM lease, unnest(ARRAY['1501', '1502', '1503']) AS other) AS more
            """
        try await with(lease: [:], pageSize: pageSize, more: others) { source, database in
            let bench = SyncBench(store: InMemoryStore())
            let first = try #require(try await bench.pass(source).syncProgress)
            #expect(first.checked == 4 && first.missing == 0)
            try database.run(
                """
                DELETE FROM lease WHERE dseq = '1502';
                UPDATE lease SET "closedHeight" = 1990 WHERE dseq = '1503';
                UPDATE lease SET price = 'NaN' WHERE dseq = '1501';
                """
            )
            let second = try #require(try await bench.pass(source).syncProgress)
            #expect(second.checked == 3 && second.missing == 1 && second.vanished == 1)
            let open = try await bench.store.openLeases(of: "akash1o").map(\.identity.dseq)
            #expect(open == [1500, 1501])
            try database.run("TRUNCATE lease")
            let third = try #require(try await bench.pass(source).syncProgress)
            #expect(third.checked == 2 && third.missing == 2 && third.vanished == 0)
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
