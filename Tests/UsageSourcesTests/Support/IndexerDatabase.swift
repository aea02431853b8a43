import Foundation
import PostgresClient

/// A schema with the indexer's tables, on the server that the tests are given.
struct IndexerDatabase {
    static let variable = "CONSOLE_BILLING_TEST_POSTGRES"

    struct Missing: Error, CustomStringConvertible {
        let description =
            "\(IndexerDatabase.variable) is not set; deploy/lib/private_postgres.py -- swift test … sets it."
    }

    private let server: String
    let schema: String

    init() throws {
        guard let server = ProcessInfo.processInfo.environment[Self.variable], !server.isEmpty else {
            throw Missing()
        }
        self.server = server
        schema = "indexer_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try run("CREATE SCHEMA \(schema)", in: server)
        try run(Self.tables)
    }

    var urlText: String { server + (server.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)" }

    var url: PostgresURL {
        get throws {
            guard let url = PostgresURL(urlText) else { throw Missing() }
            return url
        }
    }

    /// Runs a script, which PostgreSQL does whole or not at all: again, if it was chosen to end a deadlock with a
    /// reader that was cut off and that the server has not ended yet.
    func run(_ script: String) throws {
        for _ in 0..<5 {
            do {
                return try run(script, in: urlText)
            } catch PostgresFailure.refused("40P01") {
                continue
            }
        }
        try run(script, in: urlText)
    }

    private func run(_ script: String, in text: String) throws {
        guard let url = PostgresURL(text) else { throw Missing() }
        try PostgresConnection(url).run(script: script)
    }

    func remove() { try? run("DROP SCHEMA \(schema) CASCADE", in: server) }

    /// Makes one for as long as `body` runs.
    static func with<Result>(_ body: (IndexerDatabase) async throws -> Result) async throws -> Result {
        let database = try IndexerDatabase()
        defer { database.remove() }
        return try await body(database)
    }

    /// The tables of Console's indexer, without those unrelated to usage.
    private static let tables = """
        CREATE TABLE day (
            id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
            date TIMESTAMPTZ NOT NULL UNIQUE,
            "aktPrice" DOUBLE PRECISION,
            "firstBlockHeight" INTEGER NOT NULL UNIQUE,
            "lastBlockHeight" INTEGER UNIQUE,
            "lastBlockHeightYet" INTEGER NOT NULL,
            "aktPriceChanged" BOOLEAN NOT NULL DEFAULT FALSE
        );
        CREATE TABLE block (
            height INTEGER PRIMARY KEY,
            datetime TIMESTAMPTZ NOT NULL,
            "dayId" UUID,
            "isProcessed" BOOLEAN NOT NULL DEFAULT FALSE
        );
        CREATE TABLE provider (owner VARCHAR(255) PRIMARY KEY, "hostUri" VARCHAR(255) NOT NULL);
        CREATE TABLE "deploymentGroupResource" (
            id SERIAL PRIMARY KEY,
            "deploymentGroupId" UUID NOT NULL,
            "cpuUnits" INTEGER NOT NULL,
            "gpuUnits" INTEGER NOT NULL,
            "gpuVendor" VARCHAR(255),
            "gpuModel" VARCHAR(255),
            "memoryQuantity" BIGINT NOT NULL,
            "ephemeralStorageQuantity" BIGINT NOT NULL,
            "persistentStorageQuantity" BIGINT NOT NULL,
            count INTEGER NOT NULL,
            price DOUBLE PRECISION NOT NULL
        );
        CREATE TABLE lease (
            id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
            "deploymentId" UUID NOT NULL DEFAULT gen_random_uuid(),
            "deploymentGroupId" UUID NOT NULL,
            owner VARCHAR(255) NOT NULL,
            dseq VARCHAR(255) NOT NULL,
            oseq INTEGER NOT NULL,
            gseq INTEGER NOT NULL,
            bseq INTEGER NOT NULL DEFAULT 0,
            "providerAddress" VARCHAR(255) NOT NULL,
            "createdHeight" INTEGER NOT NULL,
            "closedHeight" INTEGER,
            "predictedClosedHeight" NUMERIC(30, 0) NOT NULL,
            price DOUBLE PRECISION NOT NULL,
            "withdrawnAmount" DOUBLE PRECISION NOT NULL DEFAULT 0,
            denom VARCHAR(255) NOT NULL,
            "cpuUnits" INTEGER NOT NULL,
            "gpuUnits" INTEGER NOT NULL,
            "memoryQuantity" BIGINT NOT NULL,
            "ephemeralStorageQuantity" BIGINT NOT NULL,
            "persistentStorageQuantity" BIGINT NOT NULL
        );
        CREATE INDEX ON lease ("closedHeight");
        CREATE INDEX ON lease (owner, dseq, gseq, oseq);
        CREATE INDEX ON "deploymentGroupResource" ("deploymentGroupId")
        """
}
