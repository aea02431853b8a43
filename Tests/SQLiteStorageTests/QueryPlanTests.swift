import Billing
import Foundation
import GRDB
import Storage
import StorageConformance
import Synchronization
import Testing

@testable import SQLiteStorage

/// A page costs what its rows cost, however many there are: no query of the feed's may scan or sort.
struct QueryPlanTests {
    private static let filters = [
        TransactionFilter(), TransactionFilter(customer: "cus_1"),
        TransactionFilter(createdFrom: Instant(unixSeconds: 1), createdTo: Instant(unixSeconds: 2)),
        TransactionFilter(customer: "cus_1", createdFrom: Instant(unixSeconds: 1)),
    ]

    @Test(arguments: filters, [Storage.Cursor.start, .startingAfter("ch_1"), .endingBefore("ch_1")])
    func `a page is read along an index`(filter: TransactionFilter, cursor: Storage.Cursor) async throws {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            let plan = try await plan(in: store) {
                _ = try await store.page(filter, cursor: cursor, limit: 50)
            }
            #expect(plan.contains("USING INDEX transactions_by_"), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }

    @Test(arguments: [
        EventQuery(), EventQuery(disposition: .quarantined), EventQuery(startingAfter: "evt_1"),
    ])
    func `the log is read in its own order`(query: EventQuery) async throws {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            let plan = try await plan(in: store) { _ = try await store.entries(query) }
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
            if query.disposition == .quarantined { #expect(plan.contains("events_quarantined"), "\(plan)") }
        }
    }

    @Test(arguments: [
        EventQuery(receivedFrom: Instant(unixSeconds: 1)),
        EventQuery(receivedFrom: Instant(unixSeconds: 1), receivedThrough: Instant(unixSeconds: 9)),
        EventQuery(type: "a.b", receivedThrough: Instant(unixSeconds: 9), startingAfter: "evt_1"),
        EventQuery(receivedFrom: Instant(unixSeconds: 1), endingBefore: "evt_1"),
    ])
    func `the events of a time are read along its index`(query: EventQuery) async throws {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            let plan = try await plan(in: store) { _ = try await store.entries(query) }
            #expect(plan.contains("INDEX events_by_time ("), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }

    @Test(arguments: [nil, Instant(unixSeconds: 1)])
    func `events are counted without being read`(from: Instant?) async throws {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            let plan = try await plan(in: store) { _ = try await store.tallies(receivedFrom: from) }
            #expect(plan.contains("COVERING INDEX events_by_time"), "\(plan)")
        }
    }

    @Test(arguments: ["evt_1", "evt_1@2025-09-30.clover"])
    func `an event is found by its id along an index, whatever its versions`(
        cursor: String
    ) async throws {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            let plan = try await plan(in: store) {
                _ = try await store.renderings(of: "evt_1")
                _ = try await store.entries(EventQuery(startingAfter: cursor))
            }
            #expect(
                plan.components(separatedBy: "INDEX sqlite_autoindex_events_1 (id=?").count == 3,
                "\(plan)"
            )
        }
    }

    @Test func `the events behind a row are found by index`() async throws {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            let plan = try await plan(in: store) { _ = try await store.payment(ofTransaction: "ch_1") }
            #expect(!plan.contains("SCAN"), "\(plan)")
        }
    }

    /// How SQLite goes about the statements that `body` runs on the readers.
    private func plan(in store: SQLiteStore, _ body: () async throws -> Void) async throws -> String {
        let statements = Mutex<[String]>([])
        for reader in store.readers.connections {
            try await reader.read { db in
                db.trace(options: .statement) { event in
                    guard case .statement(let statement) = event else { return }
                    let sql = statement.expandedSQL
                    if sql.hasPrefix("SELECT") { statements.withLock { $0.append(sql) } }
                }
            }
        }
        try await body()
        let traced = statements.withLock { $0 }
        #expect(!traced.isEmpty)
        return try await store.writer.read { db in
            try traced.flatMap { sql in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String }
            }
            .joined(separator: "; ")
        }
    }
}
