import StorageConformance
import Testing

struct PlannedReadTests {
    @Test func `each read goes along an index`() async throws {
        try await withSQLiteStore { store in
            try await PlannedRead.fill(store)
            for read in PlannedRead.all {
                await #expect(throws: Never.self, "\(read)") { try await read.check(store) }
            }
        }
    }
}
