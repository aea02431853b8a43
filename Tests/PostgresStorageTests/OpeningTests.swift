import PostgresClient
import Scenarios
import Storage
import StorageConformance
import TestSupport
import Testing

@testable import PostgresStorage

/// The databases that the store refuses to start on, and its messages.
@Suite(.timeLimit(.minutes(5)))
struct OpeningTests {
    @Test func `a session under which a commit does not wait for the disk is refused`() async throws {
        let url = try TestServer.url(["options": "-csynchronous_commit=off"])
        await #expect(
            throws: PostgresStartError.notDurable(setting: "synchronous_commit", value: "off", wanted: "on")
        ) {
            try await PostgresStore.open(url)
        }
    }

    @Test(
        arguments: [
            (.init(), nil), (.init(fsync: "off"), "fsync"),
            (.init(fullPageWrites: "off"), "full_page_writes"),
            (.init(synchronousCommit: "off"), "synchronous_commit"), (.init(synchronousCommit: "local"), nil),
            (.init(synchronousCommit: "local", standbys: "*"), "synchronous_commit"),
            (.init(synchronousCommit: "remote_apply", standbys: "*"), nil),
        ] as [(ServerCheck.Settings, String?)]
    )
    func `settings that would break the promise are named`(settings: ServerCheck.Settings, named: String?) {
        guard let named else {
            #expect(settings.fault == nil)
            return
        }
        guard case .notDurable(named, _, "on") = settings.fault else {
            Issue.record("\(String(describing: settings.fault)) does not name \(named)")
            return
        }
        #expect(settings.fault?.description.contains("Set \(named) = on") == true)
    }

    @Test func `a database that is not encoded in UTF-8 is refused`() {
        #expect(ServerCheck.Settings(encoding: "LATIN1").fault == .notUTF8(encoding: "LATIN1"))
    }

    @Test func `tables of a newer version are refused and left as they are`() async throws {
        try await withPlace { place in
            await (try place.openPostgres()).close()
            let connection = try place.connect()
            try connection.run(script: "INSERT INTO schema_migrations (name) VALUES ('9999_later')")
            await #expect(throws: PostgresStartError.newerSchema) { try await place.openPostgres() }
            try connection.run(script: "DELETE FROM schema_migrations WHERE name = '9999_later'")
            await (try place.openPostgres()).close()
        }
    }

    @Test(arguments: [
        ("events", "CREATE TABLE events (at DATE)"),
        ("transactions", "CREATE VIEW transactions AS SELECT 1 AS one"),
        ("schema_migrations", "CREATE TABLE schema_migrations (version TEXT)"),
    ])
    func `a schema with another program's table of our name is refused by that name, and left as it is`(
        name: String,
        script: String
    ) async throws {
        try await withPlace { place in
            let connection = try place.connect()
            try connection.run(script: script)
            let refusal = PostgresStartError.foreign(table: name)
            await #expect(throws: refusal) { try await place.openPostgres() }
            await #expect(throws: refusal) { try await PostgresReport.examine(place.url) }
            let tables = try connection.execute(
                Command("SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace")
            )
            #expect(tables.map { tables.text($0, 0) } == [name])
            #expect(refusal.description.contains("a table \(name) that is another program's"))
        }
    }

    @Test func `a migration that is added runs once, on all that is stored`() async throws {
        try await withPlace { place in
            let store = try await place.openPostgres()
            for event in (1...12).flatMap({ RandomScenario.random(seed: $0).events }) {
                try await store.record(event.body)
            }
            let log = try await store.entries(EventQuery(limit: 1000))?.elements
            let rows = try await store.allRows()
            await store.close()
            #expect(!rows.isEmpty)

            let later = Schema.Migration("9999_later") { _ in
                "ALTER TABLE events ADD COLUMN later BIGINT; UPDATE events SET later = sequence"
            }
            let connection = try place.connect()
            for _ in 1...2 { try Migrator.migrate(connection, Schema.migrations + [later]) }
            let count = try connection.execute(Command("SELECT count(*) FROM events WHERE later = sequence"))
            #expect(Int(count.int(0, 0)) == log?.count)
            await #expect(throws: PostgresStartError.newerSchema) { try await place.openPostgres() }

            try connection.run(script: "DELETE FROM schema_migrations WHERE name = '9999_later'")
            let again = try await place.openPostgres()
            #expect(try await again.entries(EventQuery(limit: 1000))?.elements == log)
            #expect(try await again.allRows() == rows)
            #expect(try await again.reprojectAll().changed == 0)
            await again.close()
        }
    }

    @Test(arguments: [
        ("DROP TABLE jobs CASCADE", "jobs.sequence"),
        ("DROP TABLE usage_leases CASCADE", "usage_leases.sequence"),
        ("ALTER TABLE transactions RENAME COLUMN created TO createdd", "transactions.created"),
    ])
    func `tables of ours that are not whole are refused`(damage: String, column: String) async throws {
        try await withPlace { place in
            await (try place.openPostgres()).close()
            try place.connect().run(script: damage)
            let refusal = PostgresStartError.lacking(column: column)
            await #expect(throws: refusal) { try await place.openPostgres() }
            await #expect(throws: refusal) { try await PostgresReport.examine(place.url) }
        }
    }

    @Test func `a user that may not change the tables is refused, and a store of such a user not ready`()
        async throws
    {
        try await withPlace { place in
            await (try place.openPostgres()).close()
            let user = "user_" + place.schema.suffix(20)
            let connection = try place.connect()
            try connection.run(
                script: """
                    CREATE ROLE \(user);
                    GRANT USAGE ON SCHEMA \(place.schema) TO \(user);
                    GRANT SELECT ON ALL TABLES IN SCHEMA \(place.schema) TO \(user)
                    """
            )
            defer { try? connection.run(script: "DROP OWNED BY \(user); DROP ROLE \(user)") }
            let url = try TestServer.url(["options": "-csearch_path=\(place.schema) -crole=\(user)"])
            let refusal = PostgresStartError.unwritable(table: "customer_links")
            await #expect(throws: refusal) { try await PostgresStore.open(url) }
            await #expect(throws: refusal) { try await PostgresReport.examine(url) }

            let all = "ALL ON ALL TABLES IN SCHEMA \(place.schema)"
            try connection.run(script: "GRANT \(all) TO \(user)")
            let store = try await PostgresStore.open(url)
            try await store.checkReady()
            try connection.run(script: "REVOKE INSERT ON \(place.schema).events FROM \(user)")
            await #expect(throws: StoreError(.readOnly, while: "checking readiness")) {
                try await store.checkReady()
            }
            await store.close()
        }
    }

    @Test func `a user that may not create tables gets an error, and may use existing ones`() async throws {
        try await withPlace { place in
            let user = "user_" + place.schema.suffix(20)
            let connection = try place.connect()
            try connection.run(
                script: "CREATE ROLE \(user); GRANT USAGE ON SCHEMA \(place.schema) TO \(user)"
            )
            defer { try? connection.run(script: "DROP OWNED BY \(user); DROP ROLE \(user)") }
            let url = try TestServer.url(["options": "-csearch_path=\(place.schema) -crole=\(user)"])
            await #expect(throws: PostgresStartError.migration("schema_migrations", state: "42501")) {
                try await PostgresStore.open(url)
            }
            await (try place.openPostgres()).close()
            try connection.run(
                script:
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \(place.schema) TO \(user)"
            )
            let store = try await PostgresStore.open(url)
            #expect(try await store.record(MadeUp.event("evt_1", "a.b", [:])) == .recorded)
            await store.close()
        }
    }

    @Test func `a database without a server is reported, without its password`() async throws {
        let url = try #require(PostgresURL("postgres://u:hunter2@127.0.0.1:1/nowhere?connect_timeout=2"))
        do {
            _ = try await PostgresStore.open(url)
            Issue.record("it opens")
        } catch let error as PostgresStartError {
            guard case .unreachable = error else { throw error }
            #expect(!error.description.contains("hunter2"))
            #expect(error.description.contains("DATABASE_URL"))
        }
    }

    @Test(arguments: [
        "", "postgres", "postgres:", "mysql://h/d", "postgres://h/d?colour=red", "postgres://h/d\0",
        "sqlite:x", "host=h dbname=d", "postgres://h:99x99/d?connect_timeout",
    ])
    func `a URL of another scheme is refused`(text: String) {
        #expect(PostgresURL(text) == nil)
    }

    /// libpq would use `canary` as the host or the database, and show it in its error.
    @Test(arguments: [
        "postgres://me:se@canary@db/billing", "postgres://me:se/canary@db/billing",
        "postgres://me:5432/canary@db/billing?sslmode=disable", "postgres://me@corp:canary@db/billing",
        "postgres://me:a/b?sslmode=canary@db/billing", "postgres://me:a/b?canary@db/billing",
        "postgresql://me:p#w/canary@db/billing", "postgres://me:5432/b?host=canary@db/billing",
        "postgres://me:a%xcanary@db/billing",
    ])
    func `a password that is not percent-encoded is refused before a part of it is used as a host`(
        text: String
    ) {
        #expect(PostgresURL(text) == nil)
    }

    @Test(arguments: [
        "postgres://me:se%40cret%2F@db/billing", "postgres://me:se?cret#:@db/billing",
        "postgres://me@db/billing",
        "postgres:///billing?host=@socket", "postgres://me@/billing?host=/run/postgresql,@socket",
    ])
    func `an encoded password is accepted, and one that needs no encoding`(text: String) {
        #expect(PostgresURL(text) != nil)
    }

    @Test(arguments: [
        "postgres://user:hunter2@db.example.com:5432/billing", "postgresql://db.example.com/billing",
        "postgres://user:hunter2@a.example.com,b.example.com/billing?sslmode=verify-full",
    ])
    func `a URL shows host and database and nothing else`(text: String) throws {
        let url = try #require(PostgresURL(text))
        #expect(!"\(url) \(String(reflecting: url))".contains("hunter2"))
        #expect(!url.description.contains("user"))
        #expect(url.description.contains("example.com"))
    }

    @Test func `a report changes nothing and says whether the tables are there`() async throws {
        try await withPlace { place in
            #expect(try await PostgresReport.examine(place.url).isPrepared == false)
            #expect(try await PostgresReport.examine(place.url).isPrepared == false)
            await (try place.openPostgres()).close()
            #expect(try await PostgresReport.examine(place.url).isPrepared)
        }
    }
}
