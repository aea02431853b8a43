import StorageConformance
import Testing

@Suite(.timeLimit(.minutes(5)))
struct PlannedReadTests {
    @Test func `each read goes along an index`() async throws {
        try await withReplicas(1) { _, stores in
            try await PlannedRead.fill(stores[0])
            for read in PlannedRead.all {
                await #expect(throws: Never.self, "\(read)") { try await read.check(stores[0]) }
            }
        }
    }
}
