import Storage
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

    @Test func `events are counted without being read`() async throws {
        try await withSQLiteStore { store in
            let explaining = ExplainingStore(store)
            _ = try await explaining.tallies(receivedFrom: nil)
            #expect(explaining.plans().contains { $0.contains("COVERING INDEX events_by_time") })
        }
    }
}
