import Billing
import GRDB
package import Storage

/// The one writer of events: takes all that waits into one database transaction (group commit).
package final class EventWriter: Sendable {
    package typealias Limits = EventBatches.Limits

    private let queue: DatabaseQueue
    private let checkpoints: Checkpoints
    private let files: DatabaseFiles
    private let recorder: EventRecorder
    private let batches: EventBatches
    private let onFailure: @Sendable (StoreError) -> Void

    init(
        queue: DatabaseQueue,
        checkpoints: Checkpoints,
        files: DatabaseFiles,
        recorder: EventRecorder,
        limits: Limits,
        onFailure: @escaping @Sendable (StoreError) -> Void
    ) {
        self.queue = queue
        self.checkpoints = checkpoints
        self.files = files
        self.recorder = recorder
        batches = EventBatches(limits: limits)
        self.onFailure = onFailure
    }

    /// The error that stopped the writer for good, if one did.
    var failure: StoreError? { batches.failure }

    /// - Returns: once the event is durable, or may not be.
    func record(_ event: PreparedEvent) async throws(StoreError) -> RecordOutcome {
        try await batches.record(event) { scheduleBatch() }
    }

    /// - Throws: ``StoreError`` of code `moved`; the writer has stopped then.
    func checkFiles() throws(StoreError) {
        do {
            try files.check()
        } catch {
            stopIfNeeded(after: error)
            throw error
        }
    }

    func checkCapacity(adding bytes: Int = 0) throws(StoreError) { try batches.checkCapacity(adding: bytes) }

    /// Refuses what comes from now on, and waits for what is already here.
    func close() async { await batches.close() }

    /// After a failed write or sync nobody knows what is on the disk; going on could acknowledge on top of it.
    func stopIfNeeded(after error: StoreError) {
        guard [.inputOutput, .corrupt, .moved].contains(error.code) else { return }
        if batches.stop(error) { onFailure(error) }
    }

    /// On the writer's queue, outside of database transactions.
    func checkpointIfDue(_ db: Database) {
        do {
            try checkpoints.takeIfDue(db)
        } catch {
            stopIfNeeded(after: StoreError(error, while: "bringing the WAL into the database"))
        }
    }

    /// One batch a job, so that other writes get their turn between two.
    private func scheduleBatch() {
        queue.asyncWriteWithoutTransaction { db in
            let batch = self.batches.takeBatch()
            let answers = self.write(batch.map(\.event), db)
            for (item, answer) in zip(batch, answers) { item.resume(answer) }
            // After the answers: these events are durable, whatever becomes of the checkpoint.
            self.checkpointIfDue(db)
            if self.batches.finishBatch() { self.scheduleBatch() }
        }
    }

    private func write(_ events: [PreparedEvent], _ db: Database) -> [EventBatches.Answer] {
        if let failure { return events.map { _ in .failure(failure) } }
        do {
            return try commit(events, db).map(EventBatches.Answer.success)
        } catch {
            let storeError = StoreError(error, while: "recording events")
            stopIfNeeded(after: storeError)
            // An event that the database refuses must not take its neighbours with it.
            guard storeError.code == .constraint || storeError.code == .other, events.count > 1 else {
                return events.map { _ in .failure(storeError) }
            }
            return events.flatMap { write([$0], db) }
        }
    }

    private func commit(_ events: [PreparedEvent], _ db: Database) throws -> [RecordOutcome] {
        var outcomes: [RecordOutcome] = []
        outcomes.reserveCapacity(events.count)
        try db.inTransaction(.immediate) {
            for event in events { outcomes.append(try recorder.record(event, db)) }
            return .commit
        }
        // Afterwards: what is durable is so under the name by which the next process looks for it.
        try files.check()
        return outcomes
    }
}
