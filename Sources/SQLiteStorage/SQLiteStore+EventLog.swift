package import Storage

extension SQLiteStore {
    package func record(_ delivered: DeliveredEvent) async throws(StoreError) -> RecordOutcome {
        try await eventWriter.record(PreparedEvent(delivered, projection: projection))
    }
}
