import StorageConformance
import Testing

/// The conformance suite of stores, on PostgreSQL.
struct ConformanceTests {
    @Test(arguments: StoreConformance.cases + StoreConformance.usageCases)
    func `PostgreSQL keeps the law`(law: StoreConformance) async throws {
        try await law.check(.postgres)
    }
}
