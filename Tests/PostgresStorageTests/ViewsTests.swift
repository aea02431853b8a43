import Billing
import Foundation
import PostgresClient
import SQLiteStorage
import Storage
import StorageConformance
import TestSupport
import Testing

@testable import PostgresStorage

extension PostgresPlace: QueryablePlace {
    var tolerance: Int64 { 0 }

    func query(_ sql: String) throws -> [[String: String]] { try query(sql, connect()) }

    func query(_ sql: String, _ connection: PostgresConnection) throws -> [[String: String]] {
        try connection.run(script: "SET TIME ZONE 'UTC'")
        let rows = try connection.execute(
            Command(
                """
                SELECT r.number, c.key, c.value
                FROM (SELECT row_number() OVER () AS number, row_to_json(q) AS row FROM (\(sql)) q) r
                LEFT JOIN LATERAL json_each_text(r.row) c ON c.value IS NOT NULL
                ORDER BY r.number
                """,
                isPrepared: false
            )
        )
        var found: [[String: String]] = []
        for row in 0..<rows.count {
            if rows.int(row, 0) > Int64(found.count) { found.append([:]) }
            guard !rows.isNull(row, 1) else { continue }
            found[found.count - 1][rows.text(row, 1)] = Self.plain(rows.text(row, 2))
        }
        return found
    }

    private static func plain(_ value: String) -> String {
        switch value {
        case "true": "1"
        case "false": "0"
        case _ where value.count == 25 && value.hasSuffix("+00:00"): value.dropLast(6) + "Z"
        default: value
        }
    }
}

/// The views in PostgreSQL.
@Suite(.timeLimit(.minutes(5)))
struct ViewsTests {
    @Test(arguments: ViewsConformance.cases)
    func `the views keep the law`(law: ViewsConformance) async throws {
        try await withPlace { try await law.check($0) }
    }

    @Test func `each query of the guide has its answer`() async throws {
        try await withPlace { try await AnalystQuestions.check($0) }
    }

    @Test func `the columns are those of the reference, with its types`() async throws {
        try await withReplicas(1) { place, _ in
            let columns = try place.query(
                """
                SELECT column_name, data_type, table_name FROM information_schema.columns
                WHERE table_schema = '\(place.schema)' AND table_name LIKE '%\\_view'
                """
            )
            let views = Dictionary(grouping: columns) { $0["table_name"] ?? "" }
            #expect(Set(views.keys) == Set(ViewsConformance.views))
            for (view, columns) in views {
                let names = Set(columns.compactMap { $0["column_name"] })
                #expect(try names == ViewsConformance.documentedColumns(of: view))
            }
            for column in columns {
                let expected =
                    switch column["column_name"] {
                    case "created", "received_at", "succeeded_at": "timestamp with time zone"
                    case "date": "date"
                    case "livemode", "disputed", "complete": "boolean"
                    case "amount", "amount_refunded", "amount_lost", "bonus", "presentment_amount", "leases",
                        "deployments",
                        "cpu_milli", "memory_bytes", "ephemeral_bytes", "persistent_bytes", "gpus",
                        "spent_micros":
                        "bigint"
                    case "console_users", "organizations", "addresses": "ARRAY"
                    default: "text"
                    }
                #expect(column["data_type"] == expected, "\(column)")
            }
        }
    }

    @Test(arguments: [
        #"'\xff00'"#, #"'\x'"#, "'[1]'", "'7'",
        #"'{"amount":"x","amount_refunded":99999999999999999999,"livemode":3}'"#,
    ])
    func `a row that cannot be read blinds no analyst`(damage: String) async throws {
        try await withReplicas(1) { place, stores in
            for body in try ViewsConformance.payments() { try await stores[0].record(body) }
            let count = try place.query("SELECT count(*) AS n FROM transactions_view")
            try place.connect().run(
                script: """
                    UPDATE transactions SET created = 9223372036854775807 WHERE id = 'ch_1';
                    UPDATE objects SET snapshot = \(damage);
                    UPDATE customers SET console_user = \(damage);
                    UPDATE events SET created = -9223372036854775808;
                    INSERT INTO usage_owners (owner) VALUES ('akash1o');
                    INSERT INTO usage_totals VALUES
                        ('akash1o', 'total', 20000, '', \(damage)),
                        ('akash1o', 'total', 20001, '', '{"amounts":{"uact":"1.2.3","uakt":"x"},"gpus":{"a":"b"}}');
                    """
            )
            for view in ViewsConformance.views { _ = try place.query("SELECT * FROM \(view)") }
            #expect(try place.query("SELECT count(*) AS n FROM transactions_view") == count)
            let row = try place.query("SELECT id, created FROM transactions_view WHERE id = 'ch_1'")
            #expect(row == [["id": "ch_1"]])
            let usage = try place.query("SELECT spent_micros, complete FROM daily_usage_view")
            #expect(usage == [["complete": "0"], ["complete": "0"]])
        }
    }

    @Test func `what is moved from SQLite is in the views`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "views-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = try SQLiteStore(path: folder.appending(path: "billing.sqlite").path)
        for body in try ViewsConformance.payments() { try await source.record(body) }
        try await withPlace { place in
            _ = try await PostgresMove(from: source, named: "s", to: place.url).run()
            let found = try place.query("SELECT id FROM transactions_view ORDER BY id").compactMap {
                $0["id"]
            }
            #expect(try await found == source.allRows().map(\.id).sorted())
        }
        await source.close()
    }

    @Test func `the reader has the views, also after a rebuild, and nothing else`() async throws {
        try await withReplicas(1) { place, stores in
            let script = try String(
                contentsOf: Testdata.url("../deploy/postgres/reader.sql"),
                encoding: .utf8
            )
            try place.connect().run(script: script)
            try place.connect().run(script: "GRANT SELECT ON events TO console_billing_reader")
            try place.connect().run(script: script)
            for body in try ViewsConformance.payments() { try await stores[0].record(body) }
            _ = try await stores[0].reprojectAll()

            func asReader(_ sql: String) throws -> [[String: String]] {
                let connection = try place.connect()
                try connection.run(script: "SET SESSION AUTHORIZATION console_billing_reader")
                return try place.query(sql, connection)
            }
            for view in ViewsConformance.views { _ = try asReader("SELECT * FROM \(view)") }
            let rows = try asReader("SELECT count(*) AS n FROM transactions_view")
            #expect(try await rows == [["n": String(stores[0].allRows().count)]])

            let tables = try place.query(
                "SELECT tablename FROM pg_tables WHERE schemaname = '\(place.schema)' ORDER BY 1"
            ).compactMap { $0["tablename"] }
            #expect(tables.count > 10)
            for table in tables {
                #expect(try refused { _ = try asReader("SELECT * FROM \(table)") }, "\(table)")
            }
            for statement in [
                "UPDATE transactions_view SET status = 'failed'", "UPDATE customers_view SET customer = 'x'",
                "DELETE FROM events_view", "INSERT INTO events_view (id) VALUES ('x')",
                "CREATE TABLE x (y INTEGER)",
                "CREATE OR REPLACE VIEW events_view AS SELECT 1", "DROP VIEW events_view", "TRUNCATE events",
                "SELECT nextval('events_sequence_seq')", "SELECT setval('events_sequence_seq', 1)",
                "SELECT pg_read_file('/etc/passwd')", "GRANT SELECT ON events TO console_billing_reader",
                "COPY events_view TO PROGRAM 'cat'",
            ] {
                let isRefused = try refused {
                    let connection = try place.connect()
                    try connection.run(
                        script:
                            "SET SESSION AUTHORIZATION console_billing_reader; SET default_transaction_read_only = off"
                    )
                    try connection.run(script: statement)
                }
                #expect(isRefused, "\(statement)")
            }
        }
    }

    /// Whether the server refuses for want of a privilege (42501), or because a view cannot be written (55000).
    private func refused(_ body: () throws -> Void) rethrows -> Bool {
        do {
            try body()
            return false
        } catch PostgresFailure.refused(let state) {
            return ["42501", "55000"].contains(state)
        }
    }

    @Test func `a rebuild waits for an analyst's query, and events are recorded meanwhile`() async throws {
        try await withReplicas(1) { place, stores in
            let store = stores[0]
            for body in try ViewsConformance.payments() { try await store.record(body) }
            let analyst = try place.connect()
            try analyst.run(
                script: "BEGIN; SELECT * FROM transactions_view JOIN customers_view USING (customer)"
            )
            async let rebuilt = store.reprojectAll()
            let observer = try place.connect()
            while try observer.execute(Self.waiting).count == 0 { await Task.yield() }
            let charge = try MadeUp.event("evt_new", "charge.succeeded", MadeUp.charge("ch_new"))
            #expect(try await store.record(charge) == .recorded)
            try analyst.run(script: "COMMIT")
            #expect(try await rebuilt.changed == 0)
            let found = try place.query("SELECT id FROM transactions_view WHERE id = 'ch_new'")
            #expect(found == [["id": "ch_new"]])
        }
    }

    /// The sessions that wait for a lock on the view.
    private static let waiting = Command(
        "SELECT 1 FROM pg_locks WHERE relation = 'transactions_view'::regclass AND NOT granted"
    )
}
