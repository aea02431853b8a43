import Billing
import Foundation
import GRDB
import JSON
import Storage
import StorageConformance
import Scenarios
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStorage

/// Deriving the feed again, where it had come out of step with the log.
@Suite(.timeLimit(.minutes(5)))
struct RebuildingTests {
    private func recordThree(in store: SQLiteStore) async throws {
        for number in 1...3 {
            let charge = MadeUp.charge("ch_\(number)", created: Int64(number))
            try await store.record(MadeUp.event("evt_\(number)", "charge.succeeded", charge))
        }
    }

    @Test(
        arguments: [
            ("UPDATE transactions SET status = 'failed' WHERE id = 'ch_2'", 1),
            ("UPDATE transactions SET description = 'other' WHERE id = 'ch_2'", 1),
            ("DELETE FROM transactions WHERE id = 'ch_2'", 1), ("DELETE FROM transactions", 3),
            ("UPDATE transactions SET id = 'ch_x' WHERE id = 'ch_2'", 2),
            ("DELETE FROM objects", 0),
            ("CREATE TABLE rebuilt_objects (left_behind)", 0),
            ("CREATE TABLE rebuilt_transactions (left_behind)", 0),
        ]
    )
    func `a feed that differs from the log is repaired, with the number of differing rows`(
        damage: String,
        changed: Int
    ) async throws {
        try await withSQLiteStore { store in
            try await recordThree(in: store)
            let rows = try await store.allRows()
            try await store.writer.write { try $0.execute(sql: damage) }
            let result = try await store.reprojectAll()
            #expect(result == Reprojection(events: 3, transactions: 3, changed: changed))
            #expect(try await store.allRows() == rows)
            let left = try await store.writer.read {
                try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE name LIKE 'rebuilt%'")
            }
            #expect(left == [])
            #expect(try await store.record(MadeUp.event("evt_1", "a.b", [:])) == .duplicate)
        }
    }

    @Test(arguments: [true, false])
    func `events that an older version could not read are projected`(all: Bool) async throws {
        try await withPlace { place in
            let body = try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1"))
            var store = try SQLiteStore(path: place.path)
            await store.close()
            try place.edit(
                """
                INSERT INTO events (id, type, received_at, livemode, source, disposition, reason, payload, body_size)
                VALUES ('evt_1', 'charge.succeeded', 5, 0, 'webhook', 'quarantined', 'of old', ?, ?)
                """,
                [Data(body), body.count]
            )
            store = try SQLiteStore(path: place.path)
            #expect(try await store.allRows().isEmpty)
            if all {
                #expect(
                    try await store.reprojectAll() == Reprojection(events: 1, transactions: 1, changed: 1)
                )
            } else {
                let result = try await store.reproject(eventID: "evt_1")
                #expect(result == Reprojection(events: 1, transactions: 1, changed: 1))
            }
            #expect(try await store.allRows().map(\.id) == ["ch_1"])
            let entry = try #require(try await store.entry(id: "evt_1")).entry
            #expect(entry.disposition == .projected)
            #expect(entry.reason == nil)
            #expect(entry.objectID == "ch_1")
            #expect(try await store.payment(ofTransaction: "ch_1")?.events == ["evt_1"])
            await store.close()
        }
    }

    @Test(arguments: [true, false])
    func `an event that is still unreadable has today's reason`(all: Bool) async throws {
        try await withSQLiteStore { store in
            let wrong = MadeUp.charge("ch_1", ["amount": "many"])
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", wrong))
            let entry = try await store.entry(id: "evt_1")?.entry
            #expect(entry?.disposition == .quarantined)
            try await store.writer.write {
                try $0.execute(sql: "UPDATE events SET reason = 'of old', object_id = NULL")
            }
            if all {
                _ = try await store.reprojectAll()
            } else {
                _ = try await store.reproject(eventID: "evt_1")
            }
            #expect(try await store.entry(id: "evt_1")?.entry == entry)
        }
    }

    @Test func `a second rebuild at the same time is refused as busy, and the first ends well`() async throws
    {
        try await withSQLiteStore { store in
            try await recordThree(in: store)
            let gate = WriterGate(store)
            async let first = store.reprojectAll()
            while !store.isRebuilding.load(ordering: .acquiring), !Task.isCancelled { await Task.yield() }
            let error = await #expect(throws: StoreError.self) { try await store.reprojectAll() }
            #expect(error?.code == .busy)
            gate.open()
            #expect(try await first == Reprojection(events: 3, transactions: 3, changed: 0))
            #expect(try await store.reprojectAll().events == 3)
        }
    }

    @Test func `a rebuild that fails leaves the feed as it was, and the next one succeeds`() async throws {
        try await withSQLiteStore { store in
            try await recordThree(in: store)
            let rows = try await store.allRows()
            try await store.writer.writeWithoutTransaction { db in
                let pages = try #require(try Int.fetchOne(db, sql: "PRAGMA page_count"))
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            let error = await #expect(throws: StoreError.self) { try await store.reprojectAll() }
            #expect(error?.code == .full)
            #expect(try await store.allRows() == rows)
            try await store.writer.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA max_page_count = 100000")
            }
            #expect(try await store.reprojectAll().changed == 0)
            #expect(try await store.allRows() == rows)
        }
    }

    /// A snapshot that is not compressed, with an amount that is too large.
    private static func amount(_ amount: String) -> String {
        """
        CAST('{"kind":"' || kind || '","value":{"amount":\(amount),"created":1,"currency":"usd","id":"' || id
            || '"}}' AS BLOB)
        """
    }

    /// Each is a damaged snapshot, or one that an earlier version wrote.
    @Test(
        arguments: [
            "x''", "CAST('{' AS BLOB)", "CAST('{\"kind\":\"charge\"}' AS BLOB)",
            "substr(snapshot, 1, length(snapshot) - 1)", amount("9223372036854775807"),
            amount("-9223372036854775808"),
        ],
        ["charge", "refund", "customer"]
    )
    func `an unreadable snapshot is derived again from the log, and recording continues`(
        damage: String,
        kind: String
    ) async throws {
        let bodies = [
            try MadeUp.event("evt_0", "customer.created", MadeUp.customer("cus_1", user: "user_1")),
            try MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")),
            try MadeUp.event(
                "evt_2",
                "charge.refunded",
                MadeUp.charge(
                    "ch_1",
                    [
                        "amount_refunded": 2500,
                        "refunds": ["data": [MadeUp.refund("re_1", charge: "ch_1", amount: 2500)]],
                    ]
                ),
                created: MadeUp.start + 100
            ),
            try MadeUp.event("evt_other", "charge.succeeded", MadeUp.charge("ch_2")),
        ]
        let later = [
            try MadeUp.event(
                "evt_3",
                "refund.updated",
                MadeUp.refund("re_1", charge: "ch_1", amount: 2500, ["description": "late"]),
                created: MadeUp.start + 200
            ),
            try MadeUp.event(
                "evt_4",
                "customer.updated",
                MadeUp.customer("cus_1", user: "user_2"),
                created: MadeUp.start + 200
            ),
        ]
        try await withSQLiteStore { store in
            for body in bodies { try await store.record(body) }
            try await store.writer.write {
                try $0.execute(
                    sql: """
                        UPDATE objects
                        SET snapshot = \(damage), snapshot_size = length(\(damage))
                        WHERE kind = '\(kind)'
                        """
                )
            }
            // A read before the next event shows the rows that can be derived.
            #expect(try await store.payment(ofTransaction: "ch_1")?.transaction.id == "ch_1")
            for body in later { #expect(try await store.record(body) == .recorded) }
            #expect(try await store.allRows() == NaiveFeed.rows(of: bodies + later))
            #expect(try await store.customers(ofUser: "user_2") == ["cus_1"])
            // Only untouched snapshots are still damaged.
            let rebuilt = try await store.reprojectAll()
            #expect(rebuilt.changed == 0)
        }
    }

    /// Without the log there is nothing to derive it from.
    @Test func `a snapshot that can neither be read nor derived is left out, and recording continues`()
        async throws
    {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            try await store.writer.write {
                try $0.execute(sql: "UPDATE objects SET snapshot = x'00'; DELETE FROM events")
            }
            let refund = try MadeUp.event("evt_2", "refund.created", MadeUp.refund("re_1", charge: "ch_1"))
            #expect(try await store.record(refund) == .recorded)
            #expect(try await store.allRows() == NaiveFeed.rows(of: [refund]))
        }
    }

    @Test func `reading an event again repairs its payment`() async throws {
        try await withSQLiteStore { store in
            try await recordThree(in: store)
            let rows = try await store.allRows()
            try await store.writer.write { try $0.execute(sql: "UPDATE objects SET snapshot = x'00'") }
            for number in 1...3 { _ = try await store.reproject(eventID: "evt_\(number)") }
            #expect(try await store.allRows() == rows)
            let unreadable = try await store.writer.read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM objects WHERE snapshot = x'00'")
            }
            #expect(unreadable == 0)
        }
    }

    private func read<Value>(_ text: String, _ body: (JSONValue) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBufferPointer { try JSONValue.read($0, body) }
    }

    @Test func `totals of usage that cannot be read are added up from the facts`() async throws {
        try await withSQLiteStore { store in
            let generated = GeneratedLeases(seed: 3, count: 20)
            let leases = try generated.leases.map { try read($0) { try LeaseRecord($0) } }
            let days = try generated.calendar.map { try read($0) { try CalendarDay($0) } }
            _ = try await store.put(days)
            _ = try await store.put(leases)
            let owner = try #require(leases.first?.identity.owner)
            let all = CalendarDate(dayNumber: 0)...CalendarDate(dayNumber: 40_000)
            let usage = try await store.usage(of: owner, all, by: .total)
            #expect(!usage.isEmpty)
            try await store.writer.write {
                try $0.execute(sql: "UPDATE usage_totals SET totals = x'00'")
            }
            #expect(try await store.usage(of: owner, all, by: .total) == usage)
        }
    }
}
