import Foundation
import GRDB
import Scenarios
import Storage
import StorageConformance
import TestSupport
import Testing

@testable import SQLiteStorage

/// A database whose schema gets another migration, which is made up.
struct UpgradeTests {
    private static let later = Schema.Migration("9999_later") { _ in
        "ALTER TABLE events ADD COLUMN later INTEGER; UPDATE events SET later = sequence;"
    }

    @Test func `a migration that is added runs once, on all that is stored`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            for event in (1...12).flatMap({ RandomScenario.random(seed: $0).events }) {
                try await store.record(event.body)
            }
            let log = try await store.entries(EventQuery(limit: 1000))?.elements
            let rows = try await store.allRows()
            await store.close()
            #expect(!rows.isEmpty)

            let queue = try DatabaseQueue(path: place.path)
            for _ in 1...2 { try Schema.migrator(Schema.migrations + [Self.later]).migrate(queue) }
            let count = try await queue.read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM events WHERE later = sequence")
            }
            #expect(count == log?.count)
            try queue.close()
            #expect(throws: SQLiteStartError.newerSchema(place.path)) { try SQLiteStore(path: place.path) }

            try place.edit("DELETE FROM grdb_migrations WHERE identifier = '9999_later'")
            let again = try SQLiteStore(path: place.path)
            #expect(try await again.entries(EventQuery(limit: 1000))?.elements == log)
            #expect(try await again.allRows() == rows)
            #expect(try await again.reprojectAll().changed == 0)
            #expect(try await again.record(MadeUp.event("evt_1", "a.b", [:])) == .recorded)
            await again.close()
        }
    }
}
