import Foundation
import GRDB
import Storage
import StorageConformance
import Scenarios
import TestSupport
import Testing

@testable import SQLiteStorage

/// Databases of every earlier schema, made of today's by construction: a migration that is added is tested here at once.
struct UpgradeTests {
    private static let earlier = Array(Schema.migrator.migrations.dropLast())

    @Test(arguments: earlier)
    func `a database of an earlier schema is migrated with all its data`(
        schema: String
    ) async throws {
        try await withPlace { today in
            let store = try SQLiteStore(path: today.path)
            for event in (1...12).flatMap({ RandomScenario.random(seed: $0).events }) {
                try await store.record(event.body)
            }
            let intent = MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
            try await store.record(MadeUp.event("evt_intent", "payment_intent.succeeded", intent))
            let log = try await store.entries(EventQuery(limit: 1000))?.elements
            let rows = try await store.allRows()
            let work = try await store.fetches()
            await store.close()
            #expect(!rows.isEmpty)
            #expect(work.pending > 0)

            try await withPlace { place in
                let tables = try make(schema, of: today, at: place)
                let store = try SQLiteStore(path: place.path)
                #expect(try await store.entries(EventQuery(limit: 1000))?.elements == log)
                if tables.contains("jobs") { #expect(try await store.fetches() == work) }
                if tables.contains("transactions") {
                    #expect(try await store.allRows().map(\.id) == rows.map(\.id))
                }
                _ = try await store.reprojectAll()
                #expect(try await store.allRows() == rows)
                #expect(try await store.reprojectAll().changed == 0)
                #expect(try await store.record(MadeUp.event("evt_1", "a.b", [:])) == .recorded)
                await store.close()
            }
        }
    }

    @Test func `a log from before versions were part of an event's key is migrated`() async throws {
        try await withPlace { place in
            let queue = try DatabaseQueue(path: place.path)
            try Schema.migrator.migrate(queue, upTo: "0008_erasure")
            try queue.close()
            let versions = [nil, "2025-09-30.clover"]
            let bodies = try versions.enumerated().map {
                try MadeUp.event("evt_\($0)", "a.b", [:], apiVersion: $1)
            }
            for (number, version) in versions.enumerated() {
                try place.edit(
                    """
                    INSERT INTO events
                        (sequence, id, type, received_at, livemode, source, disposition, payload, api_version)
                    VALUES (?, ?, 'a.b', 0, 0, 'webhook', 'ignored', ?, ?)
                    """,
                    [7 * (number + 1), "evt_\(number)", Data(bodies[number]), version]
                )
            }
            let store = try SQLiteStore(path: place.path)
            #expect(try await store.events(after: 0, limit: 9).map(\.sequence) == [7, 14])
            for (number, body) in bodies.enumerated() {
                #expect(try await store.record(body) == .duplicate)
                let other = try MadeUp.event("evt_\(number)", "a.b", [:], apiVersion: "2019-09-09")
                #expect(try await store.record(other) == .recorded)
                #expect(try await store.renderings(of: "evt_\(number)").first?.payload == body)
            }
            await store.close()
        }
    }

    /// Makes the tables of an earlier schema, and copies the columns that they share with today's.
    ///
    /// - Returns: The tables' names.
    private func make(_ schema: String, of today: TemporaryPlace, at place: TemporaryPlace) throws -> [String]
    {
        let queue = try DatabaseQueue(path: place.path)
        defer { try? queue.close() }
        try Schema.migrator.migrate(queue, upTo: schema)
        return try queue.writeWithoutTransaction { db in
            try db.execute(sql: "ATTACH ? AS today", arguments: [today.path])
            let tables = try String.fetchAll(
                db,
                sql: """
                    SELECT name
                    FROM main.sqlite_master
                    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
                    """
            )
            for table in tables {
                let shared = try String.fetchAll(
                    db,
                    sql: """
                        SELECT name FROM pragma_table_info(:table, 'main')
                        INTERSECT SELECT name FROM pragma_table_info(:table, 'today')
                        """,
                    arguments: ["table": table]
                )
                guard !shared.isEmpty else { continue }
                let columns = shared.map(\.quotedDatabaseIdentifier).joined(separator: ", ")
                try db.execute(
                    sql: "INSERT INTO main.\(table) (\(columns)) SELECT \(columns) FROM today.\(table)"
                )
            }
            return tables
        }
    }
}
