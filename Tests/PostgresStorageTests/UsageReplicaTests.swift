import Billing
import PostgresClient
import Storage
import StorageConformance
import Scenarios
import Testing

@testable import PostgresStorage

/// Several replicas write the usage ledger: whichever receives which record, and when, the totals are those
/// of all records.
@Suite(.timeLimit(.minutes(5)))
struct UsageReplicaTests {
    @Test(arguments: [1, 2] as [UInt64])
    func `usage that reaches three replicas at once, while it is read, comes to the totals of its set`(
        seed: UInt64
    ) async throws {
        let sample = try UsageSample(seed: seed, count: 120)
        let owners = sample.owners
        try await withReplicas(3) { _, stores in
            var random = SeededRandom(seed: seed)
            let leases = sample.leases.joined().shuffled(using: &random)
            let days = sample.days.joined().shuffled(using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for start in stride(from: 0, to: leases.count, by: 12) {
                    let batch = Array(leases[start..<min(leases.count, start + 12)])
                    let (writer, reader) = (stores[start / 12 % 3], stores[(start / 12 + 1) % 3])
                    group.addTask { _ = try await writer.put(batch) }
                    let grouping = UsageGrouping.ofLeases[start / 12 % 4]
                    group.addTask {
                        let owner = batch[0].identity.owner
                        _ = try await reader.usage(of: owner, UsageSample.everyDay, by: grouping)
                    }
                    let day = days[(start / 12) % days.count]
                    group.addTask { _ = try await reader.put([day]) }
                }
                for day in days { group.addTask { _ = try await stores[0].put([day]) } }
                group.addTask { _ = try await stores[1].addUpUsage() }
                try await group.waitForAll()
            }

            let reference = InMemoryStore()
            for records in sample.leases { _ = try await reference.put(records) }
            for days in sample.days { _ = try await reference.put(days) }
            let expected = try await reference.totals(of: owners)
            for store in stores { #expect(try await store.totals(of: owners) == expected) }
            let rebuilt = try await stores[2].addUpUsage()
            #expect(rebuilt.changed == 0)
            #expect(try await rebuilt.groups == reference.addUpUsage().groups)

            _ = try await stores[0].put(sample.finalDays)
            _ = try await reference.put(sample.finalDays)
            let contradictions = try await stores[1].put(sample.correction).contradictions
            #expect(try await reference.put(sample.correction).contradictions == contradictions)
            #expect(!contradictions.isEmpty)
            #expect(try await stores[2].totals(of: owners) == reference.totals(of: owners))
        }
    }

    @Test func `days that a replica left stale are added up by another, and kept`() async throws {
        try await withStaleTotals { place, stores, sample, expected in
            #expect(try await stores[1].totals(of: sample.owners) == expected)
            let connection = try place.connect()
            let stale = try connection.execute(
                Command("SELECT count(*) FROM usage_owners WHERE stale_from IS NOT NULL")
            )
            #expect(stale.int(0, 0) == 0)
            let kept = try connection.execute(Command("SELECT count(*) FROM usage_totals"))
            #expect(try await Int(kept.int(0, 0)) == stores[0].addUpUsage().groups)
        }
    }

    @Test func `totals are read although another holds their owners' rows`() async throws {
        try await withStaleTotals { place, stores, sample, expected in
            let other = try place.connect()
            try other.run(script: "BEGIN; SELECT * FROM usage_owners FOR UPDATE")
            #expect(try await stores[0].totals(of: sample.owners) == expected)
            try other.run(script: "ROLLBACK")
        }
    }

    @Test func `totals are read although days become stale as fast as they are added up`() async throws {
        try await withStaleTotals { place, stores, sample, expected in
            let function = """
                CREATE FUNCTION stay_stale() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    NEW.stale_from := OLD.stale_from;
                    NEW.stale_through := OLD.stale_through;
                    NEW.stale_revision := OLD.stale_revision + 1;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER stay_stale BEFORE UPDATE ON usage_owners
                FOR EACH ROW EXECUTE FUNCTION stay_stale()
                """
            try place.connect().run(script: function)
            #expect(try await stores[0].totals(of: sample.owners) == expected)
        }
    }

    /// Two replicas on a database whose totals are missing, because a replica was killed before it computed
    /// them.
    private func withStaleTotals(
        _ body: (PostgresPlace, [PostgresStore], UsageSample, [String: [UsageGroup]]) async throws -> Void
    ) async throws {
        let sample = try UsageSample(seed: 5, count: 40)
        try await withReplicas(2) { place, stores in
            _ = try await stores[0].put(sample.leases[0])
            _ = try await stores[0].put(sample.days[1])
            let expected = try await stores[0].totals(of: sample.owners)
            #expect(expected.values.contains { !$0.isEmpty })
            let undoing = """
                UPDATE usage_owners
                SET stale_revision = stale_revision + 1,
                    stale_from = (SELECT min(date) FROM usage_calendar),
                    stale_through = (SELECT max(date) FROM usage_calendar);
                DELETE FROM usage_totals
                """
            try place.connect().run(script: undoing)
            try await body(place, stores, sample, expected)
        }
    }

    @Test func `a credit that replicas give at once is given by one of them`() async throws {
        try await withReplicas(3) { _, stores in
            let outcomes = try await withThrowingTaskGroup(of: [CreditOutcome].self) { group in
                for number in 0..<24 {
                    let pair = ["a", "b"].map { Self.credit($0, 100) }
                    group.addTask {
                        try await stores[number % 3].give(number.isMultiple(of: 2) ? pair : pair.reversed())
                    }
                    group.addTask { try await stores[number % 3].give([Self.credit("c", Int64(number + 1))]) }
                }
                var counts: [CreditOutcome: Int] = [:]
                for try await outcomes in group {
                    for outcome in outcomes { counts[outcome, default: 0] += 1 }
                }
                return counts
            }
            let expected: [CreditOutcome: Int] = [.given: 3, .known: 46, .conflict: 23]
            #expect(outcomes == expected)
            #expect(try await stores[0].credits(of: "cus_1").map(\.id) == ["a", "b", "c"])
        }
    }

    private static func credit(_ id: String, _ amount: Int64) -> Credit {
        Credit(
            id: id,
            customer: "cus_1",
            kind: .coupon,
            money: Money(minorUnits: amount, currency: .usd),
            created: Instant(unixSeconds: 1),
            description: nil
        )
    }

    @Test func `addresses that replicas set at once are those of one of them`() async throws {
        try await withReplicas(3) { _, stores in
            let told = (0..<24).map { number in
                (0..<3).map { AccountPeriod(address: "akash1n\(number)p\($0)", from: nil, through: nil) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, accounts) in told.enumerated() {
                    group.addTask { _ = try await stores[number % 3].setAccounts(accounts, of: "cus_1") }
                }
                try await group.waitForAll()
            }
            #expect(told.contains(try await stores[0].accounts(of: "cus_1")))
        }
    }
}
