import StorageConformance
import Testing

/// What every store must do, on the one we ship and on the one it is compared with.
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
