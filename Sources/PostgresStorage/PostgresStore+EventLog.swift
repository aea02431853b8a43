package import Storage

extension PostgresStore {
    package func record(_ delivered: DeliveredEvent) async throws(StoreError) -> RecordOutcome {
        try await writer.record(PreparedEvent(delivered, projection: projection))
    }
}
