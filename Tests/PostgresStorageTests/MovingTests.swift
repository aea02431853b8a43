import Billing
import Foundation
import SQLiteStorage
import Storage
import StorageConformance
import Scenarios
import Synchronization
import TestSupport
import Testing

@testable import PostgresStorage

/// A store on one file becomes one that replicas share, without a visible difference.
@Suite(.timeLimit(.minutes(5)))
struct MovingTests {
    /// Simulates a process that is killed.
    private struct Killed: Error {}

    /// A file with all that a service of some age has.
    private func withSource<Result>(
        payments: Int = 40,
        _ body: (SQLiteStore) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "moving-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = try SQLiteStore(path: folder.appending(path: "billing.sqlite").path)
        for number in 0..<payments {
            try await source.record(
                MadeUp.event(
                    "evt_\(number)_1",
                    "payment_intent.succeeded",
                    MadeUp.intent("pi_\(number)", ["latest_charge": "ch_\(number)"]),
                    account: number.isMultiple(of: 5) ? "acct_1" : nil
                )
            )
            guard number.isMultiple(of: 2) else { continue }
            try await source.record(
                MadeUp.event(
                    "evt_\(number)_2",
                    "charge.succeeded",
                    MadeUp.charge("ch_\(number)", ["description": "Ünïcode \u{1F600} and a NUL: \0"]),
                    account: number.isMultiple(of: 5) ? "acct_1" : nil
                )
            )
        }
        for version in ["2019-09-09", nil] {
            let charge = MadeUp.charge("ch_4", ["description": version ?? "none"])
            try await source.record(
                MadeUp.event("evt_4_2", "charge.succeeded", charge, apiVersion: version)
            )
        }
        try await source.record(
            MadeUp.event("evt_c", "customer.created", MadeUp.customer("cus_1", user: "user_1"))
        )
        try await source.record(MadeUp.event("evt_q", "charge.succeeded", MadeUp.charge("x", ["amount": -1])))
        let later = Instant(unixSeconds: MadeUp.start + 3600)
        let jobs = try await source.take(.fetch, as: "runner", now: later, seconds: 60, limit: 2)
        for (job, state) in zip(jobs, [Job.State.failed, .waiting]) {
            let due = state == .waiting ? later : nil
            _ = try await source.replace(job.left(state, reason: "busy", dueAt: due, now: later))
        }
        _ = try await source.add(
            Job(id: "bf_1", kind: .backfill, dueAt: nil, request: "{\"a\":\"\u{1F600}\"}", createdAt: later)
        )
        try await keepUsage(in: source)
        do {
            let result = try await body(source)
            await source.close()
            return result
        } catch {
            await source.close()
            throw error
        }
    }

    /// Leases, days that were closed and contradicted since, addresses, tags and credits.
    private func keepUsage(in source: SQLiteStore) async throws {
        let usage = try UsageSample(seed: 1, count: 100)
        _ = try await source.put(usage.leases[0])
        _ = try await source.put(usage.finalDays)
        #expect(try await !source.put(usage.leases[1]).contradictions.isEmpty)
        _ = try await source.settleUsage(steps: .max)
        let june = try #require(CalendarDate("2026-06-01"))
        _ = try await source.setAccounts(
            [
                AccountPeriod(address: "akash1a", from: nil, through: june),
                AccountPeriod(address: "akash1a", from: june.adding(days: 9), through: nil),
            ],
            of: "cus_1"
        )
        _ = try await source.tag([
            DeploymentTags(
                owner: "akash1a",
                dseq: 9_007_199_254_740_993,
                values: ["team": "Ünïcode \u{1F600}"]
            )
        ])
        for (id, description) in [("a", nil), ("b", "Ünïcode \u{1F600}")] as [(String, String?)] {
            let credit = Credit(
                id: id,
                customer: "cus_1",
                kind: .manual,
                money: Money(minorUnits: -5, currency: .usd),
                created: Instant(unixSeconds: 1),
                description: description
            )
            _ = try await source.give([credit])
        }
        #expect(try await source.useSessionLink("l", until: Self.linkEnd, now: Instant(unixSeconds: 1)))
        for customer in Self.linked {
            let stated: StatedLinks = [.user: ["auth0|ünï", "b"], .organization: []]
            _ = try await source.put(stated, of: customer, from: .api)
            _ = try await source.put([.user: ["c"]], of: customer, from: .console)
        }
    }

    private static let linkEnd = Instant(unixSeconds: 9)
    private static let linked = [
        CustomerKey("cus_1", account: nil), CustomerKey("cus_1", account: "acct_1"),
    ]

    /// All answers of a store.
    private func requireSame(_ target: PostgresStore, as source: SQLiteStore) async throws {
        #expect(try await target.allRows() == source.allRows())
        let ours = try await target.entries(EventQuery(limit: 1000))?.elements
        let theirs = try await source.entries(EventQuery(limit: 1000))?.elements
        #expect(ours == theirs)
        for entry in theirs ?? [] {
            let one = try await target.renderings(of: entry.id)
            let other = try await source.renderings(of: entry.id)
            #expect(one.map(\.payload) == other.map(\.payload))
        }
        #expect(try await target.summary() == source.summary())
        #expect(
            try await target.customers(ofUser: "user_1") == source.customers(ofUser: "user_1")
        )
        #expect(try await !target.useSessionLink("l", until: Self.linkEnd, now: Instant(unixSeconds: 1)))
        for customer in Self.linked {
            #expect(try await target.links(of: customer) == source.links(of: customer))
        }
        #expect(try await target.job(id: "bf_1") == source.job(id: "bf_1"))
        let owners = try UsageSample(seed: 1, count: 100).owners
        #expect(try await target.totals(of: owners) == source.totals(of: owners))
        for owner in owners {
            #expect(try await target.openLeases(of: owner) == source.openLeases(of: owner))
        }
        #expect(try await target.newestDay() == source.newestDay())
        #expect(try await target.accounts(of: "cus_1") == source.accounts(of: "cus_1"))
        #expect(try await target.credits(of: "cus_1") == source.credits(of: "cus_1"))
        let tags = try await source.tags(of: ["akash1a"])
        #expect(try await target.tags(of: ["akash1a"]) == tags && tags.count == 1)
        let one = try await target.payment(ofTransaction: "pi_4")
        let other = try await source.payment(ofTransaction: "pi_4")
        #expect(one?.events == other?.events)
    }

    @Test func `a moved store answers as before, and records events`() async throws {
        try await withSource { source in
            try await withPlace { place in
                let counts = try await PostgresMove(from: source, named: "s", to: place.url).run()
                #expect(counts["events"] == 66)
                // Killed after its last step, it is begun once more.
                #expect(try await PostgresMove(from: source, named: "s", to: place.url).run() == counts)
                await #expect(throws: PostgresMove.Fault.targetIsInUse) {
                    try await PostgresMove(from: source, named: "another", to: place.url).run()
                }
                let target = try await place.openPostgres()
                try await requireSame(target, as: source)
                let rows = try await target.allRows().count
                #expect(
                    try await target.reprojectAll()
                        == Reprojection(events: 66, transactions: rows, changed: 0)
                )
                let rebuilt = try await target.addUpUsage()
                #expect(rebuilt.changed == 0)
                #expect(rebuilt.groups == counts["usage_totals"])
                let further = try UsageSample(seed: 1, count: 110).leases[2]
                for store in [target, source] as [any Store] { _ = try await store.put(further) }
                // New payments and old ones, whose numbers are of different kinds.
                for number in [1, 100, 101] {
                    let charge = MadeUp.charge("ch_\(number)", intent: "pi_\(number)")
                    try await target.record(MadeUp.event("evt_n_\(number)", "charge.succeeded", charge))
                    try await source.record(MadeUp.event("evt_n_\(number)", "charge.succeeded", charge))
                }
                try await requireSame(target, as: source)
                try await target.record(MadeUp.event("evt_since", "a.b", [:]))
                await #expect(throws: PostgresMove.Fault.targetIsInUse) {
                    try await PostgresMove(from: source, named: "s", to: place.url).run()
                }
                await target.close()
            }
        }
    }

    @Test(arguments: [0, 1, 2, 3, 5, 8, 12, 15, 18, 20, 22, 24, 26])
    func `a killed move continues where it stopped, and no service starts in between`(
        steps: Int
    )
        async throws
    {
        try await withSource(payments: 400) { source in
            try await withPlace { place in
                let count = Mutex(0)
                await #expect(throws: Killed.self) {
                    try await PostgresMove(from: source, named: "s", to: place.url).run { _ in
                        let isOver = count.withLock { count in
                            defer { count += 1 }
                            return count == steps
                        }
                        if isOver { throw Killed() }
                    }
                }
                await #expect(throws: PostgresStartError.halfMoved) { try await place.openPostgres() }
                await #expect(throws: PostgresStartError.halfMoved) {
                    try await PostgresReport.examine(place.url)
                }
                await #expect(throws: PostgresMove.Fault.otherSource) {
                    try await PostgresMove(from: source, named: "another", to: place.url).run()
                }
                let moved = Mutex(0)
                _ = try await PostgresMove(from: source, named: "s", to: place.url).run { step in
                    if case .moved(let rows) = step { moved.withLock { $0 += rows } }
                }
                // Something was there already.
                let total = try await StoreTable.all.asyncSum { try await source.count(of: $0) }
                #expect(moved.withLock { $0 } < total)
                let target = try await place.openPostgres()
                try await requireSame(target, as: source)
                await target.close()
            }
        }
    }

    @Test func `a database that holds events is not moved into`() async throws {
        try await withSource(payments: 1) { source in
            try await withPlace { place in
                let target = try await place.openPostgres()
                try await target.record(MadeUp.event("evt_x", "a.b", [:]))
                await #expect(throws: PostgresMove.Fault.targetIsInUse) {
                    try await PostgresMove(from: source, named: "s", to: place.url).run()
                }
                #expect(try await target.entries(EventQuery())?.elements.map(\.id) == ["evt_x"])
                await target.close()
            }
        }
    }

    @Test(
        arguments: [
            ("events", "UPDATE events SET payload = 'x' WHERE id = 'evt_3_1'"),
            ("events", "DELETE FROM events WHERE id = 'evt_3_1'"),
            ("events", "UPDATE events SET reason = '' WHERE id = 'evt_3_1'"),
            ("usage_calendar", "UPDATE usage_calendar SET akt_usd = '9' WHERE date = 20486"),
            ("usage_leases", "UPDATE usage_leases SET kept = 'x' WHERE identity LIKE '%/7/akash1provider0'"),
            (
                "usage_totals",
                """
                UPDATE usage_totals SET totals = 'x' WHERE grouping = 'total' AND (owner, date) = (
                    SELECT owner, date FROM usage_totals WHERE grouping = 'total' ORDER BY 1, 2 LIMIT 1)
                """
            ),
            ("usage_accounts", "UPDATE usage_accounts SET valid_from = 5 WHERE valid_from IS NULL"),
        ]
    )
    func `a row that did not arrive as it was is noticed`(table: String, damage: String) async throws {
        try await withSource { source in
            try await withPlace { place in
                let connection = Mutex(try place.connect())
                await #expect(throws: PostgresMove.Fault.differs(table: table, rows: 1)) {
                    try await PostgresMove(from: source, named: "s", to: place.url).run { step in
                        guard case .moved = step else { return }
                        try connection.withLock { try $0.run(script: damage) }
                    }
                }
                await #expect(throws: PostgresStartError.halfMoved) { try await place.openPostgres() }
            }
        }
    }
}

extension Array {
    fileprivate func asyncSum(_ value: (Element) async throws -> Int) async rethrows -> Int {
        var sum = 0
        for element in self { sum += try await value(element) }
        return sum
    }
}
