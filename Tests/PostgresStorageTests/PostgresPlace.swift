import Foundation
import PostgresClient
import Storage
import StorageConformance
import Synchronization

@testable import PostgresStorage

/// The server that the tests are given; `deploy/lib/private_postgres.py` starts a private one.
enum TestServer {
    static let variable = "CONSOLE_BILLING_TEST_POSTGRES"

    struct Missing: Error, CustomStringConvertible {
        let description =
            "\(TestServer.variable) is not set: it names the server to test on, such as "
            + "postgres://user@127.0.0.1:5432/postgres. deploy/lib/private_postgres.py -- swift test … starts one and sets it."
    }

    /// The URL, with more options behind it.
    static func url(_ options: [String: String] = [:]) throws -> PostgresURL {
        guard var text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { throw Missing() }
        for (name, value) in options {
            let escaped = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? value
            text += (text.contains("?") ? "&" : "?") + "\(name)=\(escaped)"
        }
        guard let url = PostgresURL(text) else { throw Missing() }
        return url
    }

    static func connect(_ options: [String: String] = [:]) throws -> PostgresConnection {
        try PostgresConnection(url(options))
    }
}

/// A schema of its own for one store.
struct PostgresPlace: StorePlace {
    let schema: String

    init() throws {
        schema = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try TestServer.connect().run(script: "CREATE SCHEMA \(schema)")
    }

    var url: PostgresURL {
        get throws { try TestServer.url(["options": "-csearch_path=\(schema)"]) }
    }

    func open(_ projection: ProjectionPolicy) async throws -> any Store {
        try await openPostgres(projection)
    }

    func openPostgres(
        _ projection: ProjectionPolicy = ProjectionPolicy(),
        limits: EventBatches.Limits = EventBatches.Limits()
    ) async throws -> PostgresStore {
        try await PostgresStore.open(url, projection: projection, limits: limits)
    }

    func connect() throws -> PostgresConnection { try PostgresConnection(url) }

    func remove() {
        try? TestServer.connect().run(script: "DROP SCHEMA \(schema) CASCADE")
    }
}

extension StoreUnderTest {
    static let postgres = StoreUnderTest("PostgreSQL") { try PostgresPlace() }
}

/// Makes a schema for as long as `body` runs.
func withPlace<Result>(_ body: (PostgresPlace) async throws -> Result) async throws -> Result {
    let place = try PostgresPlace()
    defer { place.remove() }
    return try await body(place)
}

/// Opens as many stores on one schema as there are replicas.
func withReplicas<Result>(
    _ count: Int,
    limits: EventBatches.Limits = EventBatches.Limits(),
    _ body: (PostgresPlace, [PostgresStore]) async throws -> Result
) async throws -> Result {
    try await withPlace { place in
        var stores: [PostgresStore] = []
        for _ in 0..<count { stores.append(try await place.openPostgres(limits: limits)) }
        do {
            let result = try await body(place, stores)
            for store in stores { await store.close() }
            return result
        } catch {
            for store in stores { await store.close() }
            throw error
        }
    }
}
