import Billing
import Foundation
import Storage
import StorageConformance
import Scenarios
import TestSupport
import Testing

@testable import SQLiteStorage

/// The feed is a function of the *set* of events: whatever order, repetition and interleaving they come in,
/// SQLite holds what the plainest reading of the rules gives.
struct OrderFreeTests {
    /// A payment that was declined, paid, given back and not given back after all, and disputed.
    private static func sixEvents(_ n: Int) throws -> [[UInt8]] {
        let (pi, failed, paid) = ("pi_\(n)", "ch_\(n)a", "ch_\(n)b")
        let refund = MadeUp.refund("re_\(n)", charge: paid, created: 40)
        let declined: [String: Any] = [
            "status": "failed", "paid": false, "captured": false, "amount_captured": 0,
            "failure_code": "card_declined", "failure_message": "No.",
        ]
        return [
            try MadeUp.event(
                "evt_\(n)_1",
                "charge.failed",
                MadeUp.charge(failed, intent: pi, created: 10, declined),
                created: 10
            ),
            try MadeUp.event(
                "evt_\(n)_2",
                "payment_intent.payment_failed",
                MadeUp.intent(
                    pi,
                    status: "requires_payment_method",
                    created: 5,
                    ["last_payment_error": ["code": "card_declined", "charge": failed]]
                ),
                created: 10
            ),
            try MadeUp.event(
                "evt_\(n)_3",
                "payment_intent.succeeded",
                MadeUp.intent(pi, created: 5, ["latest_charge": paid]),
                created: 20
            ),
            try MadeUp.event(
                "evt_\(n)_4",
                "charge.refunded",
                MadeUp.charge(
                    paid,
                    intent: pi,
                    created: 20,
                    ["amount_refunded": 500, "refunds": ["data": [refund]]]
                ),
                created: 40
            ),
            try MadeUp.event(
                "evt_\(n)_5",
                "refund.failed",
                MadeUp.refund(
                    "re_\(n)",
                    charge: paid,
                    status: "failed",
                    created: 40,
                    ["failure_reason": "lost_or_stolen_card"]
                ),
                created: 50
            ),
            try MadeUp.event(
                "evt_\(n)_6",
                "charge.dispute.created",
                MadeUp.dispute("dp_\(n)", charge: paid, created: 60),
                created: 60
            ),
        ]
    }

    @Test func `six events give the same rows in all 720 orders, and on the way there`() async throws {
        let stories = try permutations(of: Array(0..<6)).enumerated().map { number, order in
            let events = try Self.sixEvents(number)
            return Telling(seed: UInt64(number), deliveries: order.map { events[$0] })
        }
        #expect(stories.count == 720)
        try await withSQLiteStore { store in
            try await tell(stories, in: store)
            let rows = try await store.allRows(TransactionFilter(type: .purchase))
            #expect(rows.count == 720)
            #expect(Set(rows.map(FixtureRowWithoutID.init)).count == 1)
        }
    }

    /// The common part of the rows of all 720 copies.
    private struct FixtureRowWithoutID: Hashable {
        let status: String
        let amount, refunded: Int64
        let disputed: Bool

        init(_ row: Transaction) {
            (status, amount) = (row.status, row.amount)
            (refunded, disputed) = (row.amountRefunded, row.disputed)
        }
    }

    @Test(arguments: Batch.all)
    func `generated stories in any order, with duplicates, give the rows they must give`(
        batch: Batch
    ) async throws {
        try await withSQLiteStore { store in
            let tellings = batch.seeds.map { Telling(story: RandomScenario.random(seed: $0), seed: $0) }
            try await tell(tellings, in: store)
            let rows = try await store.allRows()
            #expect(try await store.reprojectAll().changed == 0, "seeds \(batch.seeds)")
            #expect(try await store.allRows() == rows, "seeds \(batch.seeds)")
        }
    }

    // MARK: Telling

    /// Records the first half of every story, compares, records the rest, compares again.
    private func tell(_ tellings: [Telling], in store: SQLiteStore) async throws {
        try await deliver(tellings.map(\.firstHalf), in: store)
        try await compare(tellings.map { ($0.seed, $0.firstHalf) }, with: store)
        try await deliver(tellings.map(\.secondHalf), in: store)
        try await compare(tellings.map { ($0.seed, $0.deliveries) }, with: store)
    }

    /// Each story in its order, and the stories between one another as it happens.
    private func deliver(_ stories: [[[UInt8]]], in store: SQLiteStore) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for payloads in stories {
                group.addTask { for payload in payloads { try await store.record(payload) } }
            }
            try await group.waitForAll()
        }
    }

    private func compare(
        _ stories: [(seed: UInt64, payloads: [[UInt8]])],
        with store: SQLiteStore
    ) async throws {
        let rows = try await store.allRows()
        let found = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0) })
        var expected = 0
        for story in stories {
            for row in NaiveFeed.rows(of: story.payloads) {
                expected += 1
                #expect(found[row.id] == row, "STORY=\(story.seed)")
            }
        }
        #expect(found.count == expected, "there are rows of no story")
    }
}

/// One story as it arrives: shuffled, some events twice, in some tellings some never.
struct Telling {
    let seed: UInt64
    let deliveries: [[UInt8]]

    var firstHalf: [[UInt8]] { Array(deliveries.prefix(deliveries.count / 2)) }
    var secondHalf: [[UInt8]] { Array(deliveries.dropFirst(deliveries.count / 2)) }

    init(seed: UInt64, deliveries: [[UInt8]]) {
        self.seed = seed
        self.deliveries = deliveries
    }

    init(story: Fixture, seed: UInt64) {
        var random = SeededRandom(seed: seed &+ 1)
        var bodies = story.events.map(\.body)
        // In every fourth telling something is lost on the way.
        if random.happens(inPercent: 25) {
            bodies = bodies.filter { _ in random.happens(inPercent: 70) }
        }
        bodies += bodies.filter { _ in random.happens(inPercent: 30) }
        bodies.shuffle(using: &random)
        self.init(seed: seed, deliveries: bodies)
    }
}

/// Some of the stories to tell, in a store of their own.
///
/// `STORIES` says how many in all, `STORY` tells the one of that seed alone.
struct Batch: Sendable, CustomTestStringConvertible {
    let seeds: [UInt64]

    var testDescription: String { "seeds \(seeds.first ?? 0) to \(seeds.last ?? 0)" }

    static let all: [Batch] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["STORY"].flatMap({ UInt64($0) }) { return [Batch(seeds: [seed])] }
        let count = environment["STORIES"].flatMap { UInt64($0) } ?? 1000
        return stride(from: 0, to: count, by: 125).map { start in
            Batch(seeds: Array(start..<min(start + 125, count)))
        }
    }()
}

func permutations<Element>(of elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { index in
        var rest = elements
        let first = rest.remove(at: index)
        return permutations(of: rest).map { [first] + $0 }
    }
}
