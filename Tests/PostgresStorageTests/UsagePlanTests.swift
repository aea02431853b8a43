import Billing
import Storage
import Testing

@testable import PostgresClient
@testable import PostgresStorage

/// The cost of a read for one owner does not depend on the number of other owners.
@Suite(.timeLimit(.minutes(5)))
struct UsagePlanTests {
    private static let june = CalendarDate(dayNumber: 20_605)...CalendarDate(dayNumber: 20_634)

    /// The reads of pages, each with the index that it must use.
    private static let pages: [(command: Command, index: String)] = [
        (Command(UsageQueries.totals(of: "akash1o7", june, by: .gpuModel).statement), "usage_totals_pkey"),
        (Command(UsageQueries.openLeases(of: "akash1o7").statement), "usage_leases_by_owner"),
        (Command(UsageQueries.name(ofProvider: "akash1p3").statement), "usage_leases_by_provider"),
        (Command(UsageQueries.accounts(of: "cus_7").statement), "usage_accounts_by_customer"),
        (Command(UsageQueries.calendar(june).statement), "usage_calendar_pkey"),
        (Command(UsageQueries.newestDay.statement), "usage_calendar_pkey"),
        (Command(UsageQueries.stale(["akash1o7"]).statement), "usage_owners"),
        (Command(UsageQueries.staleOwners(after: "akash1o7", limit: 16).statement), "usage_owners_stale"),
    ]

    /// The reads of writing and aggregating usage.
    private static let upkeep: [(command: Command, index: String)] = [
        (Command(UsageQueries.leases(of: "akash1o7", in: 5..<9).statement), "usage_leases_by_owner"),
        (Command(UsageQueries.stale(["akash1o7"]).statement), "usage_owners"),
        (Command(UsageQueries.leases(named: []).statement), "usage_leases_identity_key"),
        (Command(UsageQueries.lives(in: 5..<9).statement), "usage_leases_by_end"),
    ]

    /// Planned for all values at once, as the store's own sessions do it.
    private static func plan(_ command: Command, _ connection: PostgresConnection) throws -> String {
        let values = Array(repeating: "NULL", count: command.parameters.count).joined(separator: ", ")
        let arguments = values.isEmpty ? "" : "(\(values))"
        try connection.run(script: "DEALLOCATE ALL; PREPARE planned AS \(command.sql)")
        let rows = try connection.execute(Command("EXPLAIN EXECUTE planned\(arguments)", isPrepared: false))
        return rows.map { rows.text($0, 0) }.joined(separator: "\n")
    }

    @Test func `reads for one owner use an index`() async throws {
        try await withPlace { place in
            await (try place.openPostgres()).close()
            let connection = try place.connect()
            try connection.run(script: Self.filling)
            try connection.run(script: "SET plan_cache_mode = force_generic_plan; SET jit = off")
            try Self.check(Self.pages, connection)
            try connection.run(
                script: PostgresStore.indexOnlySettings.map { "SET \($0)" }.joined(separator: ";")
            )
            try Self.check(Self.upkeep, connection)
        }
    }

    private static func check(
        _ commands: [(command: Command, index: String)],
        _ connection: PostgresConnection
    ) throws {
        for (command, index) in commands {
            let plan = try plan(command, connection)
            #expect(plan.contains(index), "\(command.sql)\n\(plan)")
            #expect(!plan.contains("Seq Scan"), "\(command.sql)\n\(plan)")
        }
    }

    /// Two hundred owners with a hundred leases each, and a hundred days.
    private static let filling = """
        INSERT INTO usage_calendar (date, first_height, last_height_yet, final)
        SELECT 20000 + n, n * 1000, n * 1000 + 999, TRUE FROM generate_series(1, 2000) AS n;
        INSERT INTO usage_owners (owner) SELECT 'akash1o' || n FROM generate_series(1, 20000) AS n;
        INSERT INTO usage_leases (identity, owner, provider, provider_name, created_height, end_height, record)
        SELECT 'akashnet-2/' || n, 'akash1o' || n % 200 + 1, 'akash1p' || n % 30, 'p', n,
            CASE WHEN n % 10 > 0 THEN n + 5000 END, 'x'
        FROM generate_series(1, 20000) AS n;
        INSERT INTO usage_totals (owner, grouping, date, name, totals)
        SELECT 'akash1o' || n % 200 + 1, 'total', 20000 + n / 200, '', 'x' FROM generate_series(0, 19999) AS n;
        INSERT INTO usage_accounts (customer, address)
        SELECT 'cus_' || n, 'akash1o' || n FROM generate_series(1, 5000) AS n;
        ANALYZE
        """
}
