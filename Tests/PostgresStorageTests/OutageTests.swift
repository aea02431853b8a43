import Foundation
import PostgresClient
import Storage
import StorageConformance
import Testing

@testable import PostgresStorage

/// A connection that breaks, at whatever moment, and a database that is away.
@Suite(.timeLimit(.minutes(5)))
struct OutageTests {
    private func event(_ number: Int, in version: String = "2025-09-30.clover") throws -> [UInt8] {
        let charge = MadeUp.charge("ch_\(number)")
        return try MadeUp.event("evt_\(number)", "charge.succeeded", charge, apiVersion: version)
    }

    /// The URL of a place by another way.
    private func url(_ place: PostgresPlace, port: UInt16, _ options: String = "") throws -> PostgresURL {
        let text = try #require(ProcessInfo.processInfo.environment[TestServer.variable])
        var parts = try #require(URLComponents(string: text))
        parts.port = Int(port)
        return try #require(
            PostgresURL("\(parts)?options=-csearch_path%3D\(place.schema)" + options)
        )
    }

    private var serverPort: UInt16 {
        get throws {
            let text = try #require(ProcessInfo.processInfo.environment[TestServer.variable])
            return UInt16(try #require(URLComponents(string: text)?.port))
        }
    }

    @Test(arguments: CuttingRelay.Cut.allCases)
    func `a commit in doubt is resolved by reading the log, and the event is recorded once`(
        cut: CuttingRelay.Cut
    ) async throws {
        try await withPlace { place in
            await (try place.openPostgres()).close()
            let relay = try CuttingRelay(to: serverPort, cut)
            defer { relay.close() }
            // The writer's connection is the first to commit: the tables are there already.
            let store = try await PostgresStore.open(url(place, port: relay.port))
            async let newer = store.record(event(1))
            async let older = store.record(event(1, in: "2019-09-09"))
            #expect(try await [newer, older] == [.recorded, .recorded])
            #expect(relay.hasCut)
            for version in ["2025-09-30.clover", "2019-09-09"] {
                #expect(try await store.record(event(1, in: version)) == .duplicate)
            }
            #expect(try await store.entries(EventQuery())?.elements.map(\.id) == ["evt_1", "evt_1"])
            #expect(try await store.allRows().map(\.id) == ["ch_1"])
            await store.close()
        }
    }

    @Test func `connections that the server ended are replaced, for reading and for writing`() async throws {
        try await withPlace { place in
            let name = "outage-" + place.schema
            let store = try await PostgresStore.open(
                url(place, port: serverPort, "&application_name=\(name)")
            )
            let other = try place.connect()
            for number in 0..<10 {
                #expect(try await store.record(event(number)) == .recorded)
                try await store.checkReady()
                try other.run(
                    script:
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '\(name)'"
                )
                #expect(try await store.transaction(id: "ch_\(number)") != nil)
            }
            #expect(try await store.count(TransactionFilter()) == 10)
            await store.close()
        }
    }

    @Test func `a database that is away is refused as that`() async throws {
        try await withPlace { place in
            await (try place.openPostgres()).close()
            // The relay is the way to the database: closed, there is none.
            let relay = try CuttingRelay(to: serverPort, .beforeCommit)
            let store = try await PostgresStore.open(url(place, port: relay.port, "&connect_timeout=2"))
            relay.close()
            await #expect(throws: StoreError(.connectionLost, while: "recording events")) {
                try await store.record(event(1))
            }
            await #expect(throws: StoreError.self) { try await store.checkReady() }
            await store.close()
            await #expect(throws: StoreError(.closed, while: "accepting an event")) {
                try await store.record(event(2))
            }
        }
    }

    @Test func `an event that the database refuses takes no other with it`() async throws {
        try await withPlace { place in
            let store = try await place.openPostgres()
            try place.connect().run(script: "ALTER TABLE events ADD CHECK (id <> 'evt_3')")
            let outcomes = await withTaskGroup(of: (Int, Result<RecordOutcome, any Error>).self) { group in
                for number in 0..<6 {
                    group.addTask {
                        do {
                            let outcome = try await store.record(event(number))
                            return (number, .success(outcome))
                        } catch {
                            return (number, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (number, outcome) in outcomes {
                if number == 3 {
                    #expect(throws: StoreError(.constraint, while: "recording events")) { try outcome.get() }
                } else {
                    #expect(try outcome.get() == .recorded)
                }
            }
            await store.close()
        }
    }

    @Test func `a replica that stopped in the middle of its turn does not hold up the others for ever`()
        async throws
    {
        try await withPlace { place in
            let store = try await place.openPostgres()
            let stopped = try place.connect()
            // The same setting as for the writer's own sessions, but shorter.
            try stopped.run(script: "SET idle_in_transaction_session_timeout = 200")
            try stopped.execute(Command("BEGIN"))
            try stopped.execute(EventStatements.advisoryLock)
            #expect(try await store.record(event(1)) == .recorded)
            #expect(throws: PostgresFailure.self) { try stopped.execute(Command("COMMIT")) }
            await store.close()
        }
    }
}
