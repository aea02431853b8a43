import StorageConformance
import Testing

/// The conformance suite of stores, on SQLite and on the store in memory.
struct ConformanceTests {
    @Test(arguments: StoreConformance.cases + StoreConformance.usageCases)
    func `SQLite keeps the law`(law: StoreConformance) async throws {
        try await law.check(.sqlite)
    }

    @Test(arguments: StoreConformance.cases + StoreConformance.usageCases)
    func `the plain store in memory keeps the law`(law: StoreConformance) async throws {
        try await law.check(.inMemory)
    }

    @Test(arguments: SessionConformance.cases)
    func `a session on SQLite keeps the law`(law: SessionConformance) async throws {
        try await withSQLiteStore { try await law.check($0) }
    }
}
