import StorageConformance
import Testing

/// What every store must do, on PostgreSQL.
struct ConformanceTests {
    @Test(arguments: StoreConformance.cases + StoreConformance.usageCases)
    func `PostgreSQL keeps the law`(law: StoreConformance) async throws {
        try await law.check(.postgres)
    }

    @Test(arguments: SessionConformance.cases)
    func `a session on PostgreSQL keeps the law`(law: SessionConformance) async throws {
        try await withReplicas(1) { _, stores in try await law.check(stores[0]) }
    }
}
