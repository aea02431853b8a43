import GRDB
import Storage
import StorageConformance
import Stories
import Testing

@testable import SQLiteStorage

/// Databases of every earlier schema, made of today's by construction: a migration that is added is tested here at once.
struct UpgradeTests {
    private static let earlier = Array(Schema.migrator.migrations.dropLast())

    @Test(arguments: earlier)
    func `a database of an earlier schema is brought up to date with all that is in it`(
        schema: String
    ) async throws {
        try await withPlace { today in
            let store = try SQLiteStore(path: today.path)
            for event in (1...12).flatMap({ GeneratedStory.random(seed: $0).events }) {
                try await store.record(event.body)
            }
            let intent = MadeUp.intent("pi_1", ["latest_charge": "ch_1"])
            try await store.record(MadeUp.event("evt_intent", "payment_intent.succeeded", intent))
            let log = try await store.entries(EventQuery(limit: 1000))?.elements
            let rows = try await store.allRows()
            let work = try await store.summary()
            await store.close()
            #expect(!rows.isEmpty)
            #expect(work.pending > 0)

            try await withPlace { place in
                let tables = try make(schema, of: today, at: place)
                let store = try SQLiteStore(path: place.path)
                #expect(try await store.entries(EventQuery(limit: 1000))?.elements == log)
                if tables.contains("work") { #expect(try await store.summary() == work) }
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

    /// Makes the tables of an earlier schema and fills them with what they share with today's.
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
