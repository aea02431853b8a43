import Foundation
import GRDB
import Storage
import StorageConformance
import Testing

@testable import SQLiteStorage

extension TemporaryPlace: QueryablePlace {
    // SQLite adds up in floating point.
    var tolerance: Int64 { 1 }

    func query(_ sql: String) throws -> [[String: String]] {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { db in
            try Row.fetchAll(db, sql: sql).map { row in
                var columns: [String: String] = [:]
                for (name, value) in row {
                    switch value.storage {
                    case .null: break
                    case .int64(let number): columns[name] = String(number)
                    case .double(let number): columns[name] = String(number)
                    case .string(let text): columns[name] = text
                    case .blob(let bytes): columns[name] = "\(bytes.count) bytes"
                    }
                }
                return columns
            }
        }
    }
}

/// The views in SQLite.
struct ViewsTests {
    @Test(arguments: ViewsConformance.cases)
    func `the views keep the law`(law: ViewsConformance) async throws {
        try await withPlace { try await law.check($0) }
    }

    @Test func `each query of the guide has its answer`() async throws {
        try await withPlace { try await AnalystQuestions.check($0) }
    }

    @Test func `the columns are those of the reference, with its types`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            let views = try place.query("SELECT name FROM sqlite_master WHERE type = 'view'")
            #expect(Set(views.compactMap { $0["name"] }) == Set(ViewsConformance.views))
            for view in ViewsConformance.views {
                let columns = try place.query("SELECT name FROM pragma_table_info('\(view)')")
                let names = Set(columns.compactMap { $0["name"] })
                #expect(try names == ViewsConformance.documentedColumns(of: view))
            }
            for body in try ViewsConformance.payments() { try await store.record(body) }
            let types = try place.query(
                """
                SELECT DISTINCT typeof(created) AS created, typeof(amount) AS amount,
                    typeof(amount_refunded) AS refunded, typeof(amount_lost) AS lost, typeof(livemode) AS livemode
                FROM transactions_view
                """
            )
            let integer = "integer"
            #expect(
                types == [
                    [
                        "created": "text", "amount": integer, "refunded": integer, "lost": integer,
                        "livemode": integer,
                    ]
                ]
            )
            await store.close()
        }
    }

    @Test(arguments: [
        "X'FF00'", "X''", "CAST('[1]' AS BLOB)", "CAST('7' AS BLOB)",
        #"CAST('{"amount":"x","amount_refunded":99999999999999999999,"livemode":3}' AS BLOB)"#,
    ])
    func `a row that cannot be read blinds no analyst`(damage: String) async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            for body in try ViewsConformance.payments() { try await store.record(body) }
            await store.close()
            let count = try place.query("SELECT count(*) AS n FROM transactions_view")
            try place.edit(
                """
                UPDATE transactions SET created = 9223372036854775807 WHERE id = 'ch_1';
                UPDATE objects SET snapshot = \(damage);
                UPDATE customers SET console_user = CAST(\(damage) AS TEXT);
                UPDATE events SET created = -9223372036854775808;
                INSERT INTO usage_owners (owner) VALUES ('akash1o');
                INSERT INTO usage_totals VALUES ('akash1o', 'total', 20000, '', \(damage));
                """
            )
            for view in ViewsConformance.views { _ = try place.query("SELECT * FROM \(view)") }
            #expect(try place.query("SELECT count(*) AS n FROM transactions_view") == count)
            let row = try place.query("SELECT id, created FROM transactions_view WHERE id = 'ch_1'")
            #expect(row == [["id": "ch_1"]])
            #expect(
                try place.query("SELECT spent_micros, complete FROM daily_usage_view") == [["complete": "0"]]
            )
        }
    }

    @Test func `a backup that is put back has the views`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            for body in try ViewsConformance.payments() { try await store.record(body) }
            let rows = try place.query("SELECT * FROM transactions_view ORDER BY id")
            let copy = place.folder.appending(path: "copy.sqlite").path
            try await store.writeBackup(to: copy)
            try await withPlace { other in
                try SQLiteBackup(path: copy).restore(to: other.path, replaces: false)
                #expect(try other.query("SELECT * FROM transactions_view ORDER BY id") == rows)
            }
            await store.close()
        }
    }
}
