import StorageConformance
import Testing

/// What every store must do, on PostgreSQL.
struct ConformanceTests {
    @Test(arguments: StoreConformance.cases + StoreConformance.usageCases)
    func `PostgreSQL keeps the law`(law: StoreConformance) async throws {
        try await law.check(.postgres)
    }
}
