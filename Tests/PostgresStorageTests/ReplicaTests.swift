import Billing
import PostgresClient
import Storage
import StorageConformance
import Scenarios
import TestSupport
import Testing

@testable import PostgresStorage

/// Several replicas on one database: whatever two of them receive at the same time, the feed is
/// that of the set of events.
@Suite(.timeLimit(.minutes(5)))
struct ReplicaTests {
    /// The events of many payments, repeated again and again, in a random order.
    private func deliveries(seed: UInt64) throws -> [[UInt8]] {
        var random = SeededRandom(seed: seed)
        var bodies: [[UInt8]] = []
        for payment in 0..<12 {
            let (pi, paid) = ("pi_\(payment)", "ch_\(payment)")
            let refund = MadeUp.refund("re_\(payment)", charge: paid, created: 40)
            bodies += [
                try MadeUp.event(
                    "evt_\(payment)_1",
                    "payment_intent.succeeded",
                    MadeUp.intent(pi, created: 5, ["latest_charge": paid]),
                    created: 20
                ),
                try MadeUp.event(
                    "evt_\(payment)_2",
                    "charge.succeeded",
                    MadeUp.charge(paid, created: 20),
                    created: 20
                ),
                // The same event in another API version, whose body names the payment.
                try MadeUp.event(
                    "evt_\(payment)_2",
                    "charge.succeeded",
                    MadeUp.charge(paid, intent: pi, created: 20),
                    created: 20,
                    apiVersion: "2019-09-09"
                ),
                try MadeUp.event(
                    "evt_\(payment)_3",
                    "charge.refunded",
                    MadeUp.charge(
                        paid,
                        intent: pi,
                        created: 20,
                        ["amount_refunded": 500, "refunds": ["data": [refund]]]
                    ),
                    created: 40
                ),
                try MadeUp.event("evt_\(payment)_4", "refund.created", refund, created: 40),
                try MadeUp.event(
                    "evt_\(payment)_5",
                    "charge.dispute.created",
                    MadeUp.dispute("dp_\(payment)", charge: paid, created: 60),
                    created: 60
                ),
            ]
        }
        return (bodies + bodies).shuffled(using: &random)
    }

    @Test func `a session link is used at one of three replicas`() async throws {
        try await withReplicas(3) { _, stores in
            let (now, end) = (Instant(unixSeconds: 1), Instant(unixSeconds: 9))
            for link in (0..<20).map(String.init) {
                let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for store in stores {
                        group.addTask { try await store.useSessionLink(link, until: end, now: now) }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(wins == 1)
            }
        }
    }

    /// A batch of one event each leaves the most to meet in the database; large ones meet in the plan.
    @Test(arguments: [1, 4, 512], [1, 2] as [UInt64])
    func `events that reach three replicas at once give the feed of their set`(
        batch: Int,
        seed: UInt64
    ) async throws {
        try await withReplicas(3, limits: .init(maxBatch: batch)) { _, stores in
            let bodies = try deliveries(seed: seed)
            let outcomes = try await withThrowingTaskGroup(of: RecordOutcome.self) { group in
                for (index, body) in bodies.enumerated() {
                    group.addTask { try await stores[index % 3].record(body) }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(outcomes == [.recorded: bodies.count / 2, .duplicate: bodies.count / 2])
            let rows = NaiveFeed.rows(of: bodies)
            for store in stores { #expect(try await store.allRows() == rows) }
            let rebuilt = try await stores[1].reprojectAll()
            #expect(
                rebuilt == Reprojection(events: bodies.count / 2, transactions: rows.count, changed: 0)
            )
            #expect(try await stores[2].allRows() == rows)
        }
    }

    @Test func `a rebuild on one replica ends equal while others record`() async throws {
        try await withReplicas(3) { _, stores in
            let bodies = try deliveries(seed: 3)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, body) in bodies.enumerated() {
                    group.addTask { _ = try await stores[index % 2].record(body) }
                }
                group.addTask {
                    for _ in 0..<5 {
                        let result = try await stores[2].reprojectAll()
                        #expect(result.changed == 0)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await stores[0].allRows() == NaiveFeed.rows(of: bodies))
        }
    }

    @Test func `one replica rebuilds at a time, and another may when it is done`() async throws {
        try await withReplicas(2) { place, stores in
            try await stores[0].record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            let other = try place.connect()
            let lock = "(7226736, 'events'::regclass::oid::int)"
            try other.run(script: "SELECT pg_advisory_lock\(lock)")
            await #expect(throws: StoreError(.busy, while: "reprojecting: a rebuild is under way already")) {
                try await stores[1].reprojectAll()
            }
            try other.run(script: "SELECT pg_advisory_unlock\(lock)")
            for store in stores {
                #expect(
                    try await store.reprojectAll() == Reprojection(events: 1, transactions: 1, changed: 0)
                )
            }
        }
    }

    @Test func `replicas that start at once make the tables once`() async throws {
        try await withPlace { place in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let store = try await place.openPostgres()
                        let body = try MadeUp.event("evt_\(number)", "a.b", [:])
                        #expect(try await store.record(body) == .recorded)
                        await store.close()
                    }
                }
                try await group.waitForAll()
            }
            let store = try await place.openPostgres()
            #expect(try await store.entries(EventQuery(limit: 10))?.elements.count == 6)
            await store.close()
        }
    }

    private func lease(_ limit: Int, _ store: PostgresStore, now: Instant) async throws -> [Job] {
        try await store.take(.fetch, as: "runner", now: now, seconds: 60, limit: limit)
    }

    @Test func `many replicas lease work at once, and each item goes to one of them`() async throws {
        try await withReplicas(3) { _, stores in
            for number in 0..<30 {
                let intent = MadeUp.intent("pi_\(number)", ["latest_charge": "ch_\(number)"])
                try await stores[0].record(MadeUp.event("evt_\(number)", "payment_intent.succeeded", intent))
            }
            let later = Instant(unixSeconds: MadeUp.start + 3600)
            let taken = try await withThrowingTaskGroup(of: [Job].self) { group in
                for number in 0..<24 {
                    group.addTask { try await lease(3, stores[number % 3], now: later) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == 30)
            #expect(Set(taken.map(\.id)).count == 30)
            // A killed replica holds its leases until they expire, and no longer.
            #expect(try await lease(99, stores[1], now: later.adding(seconds: 59)).isEmpty)
            let again = try await lease(99, stores[1], now: later.adding(seconds: 60))
            #expect(again.count == 30)
        }
    }

    @Test func `a reader of the log that continues from a number misses no concurrent write`()
        async throws
    {
        try await withReplicas(3, limits: .init(maxBatch: 3)) { place, stores in
            let count = 240
            async let read: [String] = {
                let connection = try place.connect()
                var (last, ids): (Int64, [String]) = (0, [])
                while ids.count < count, !Task.isCancelled {
                    let rows = try connection.execute(
                        Command(
                            "SELECT sequence, id FROM events WHERE sequence > $1 ORDER BY sequence",
                            [.int(last)]
                        )
                    )
                    for row in 0..<rows.count { (last, ids) = (rows.int(row, 0), ids + [rows.text(row, 1)]) }
                    await Task.yield()
                }
                return ids
            }()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    group.addTask {
                        _ = try await stores[number % 3].record(MadeUp.event("evt_\(number)", "a.b", [:]))
                    }
                }
                try await group.waitForAll()
            }
            #expect(Set(try await read).count == count)
        }
    }
}
