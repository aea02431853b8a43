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
}
