import Billing
import GRDB
package import Storage
import Synchronization

/// Writes all events: those that wait go into one database transaction (group commit).
package final class EventWriter: Sendable {
    package typealias Limits = EventBatches.Limits

    private let queue: DatabaseQueue
    private let checkpoints: Checkpoints
    private let files: DatabaseFiles
    private let recorder: EventRecorder
    private let batches: EventBatches
    private let onFailure: @Sendable (StoreError) -> Void
    /// The last batch failed because the disk was full.
    private let wasFull = Atomic(false)

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

    /// The error that stopped the writer for good, or `nil`.
    var failure: StoreError? { batches.failure }

    /// Records an event in the next batch, and waits for its commit.
    func record(_ event: PreparedEvent) async throws(StoreError) -> RecordOutcome {
        try await batches.record(event) { scheduleBatch() }
    }

    /// - Throws: ``StoreError`` of code `moved`; the writer is stopped then.
    func checkFiles() throws(StoreError) {
        do {
            try files.check()
        } catch {
            stopIfNeeded(after: error)
            throw error
        }
    }

    /// Checks for space if the last batch found none.
    ///
    /// - Throws: ``StoreError`` of code `full`.
    func checkSpace(beside path: String) throws(StoreError) {
        guard wasFull.load(ordering: .relaxed) else { return }
        guard FileSync.hasSpace(beside: path) else { throw StoreError(.full, while: "looking for space") }
    }

    func checkCapacity(adding bytes: Int = 0) throws(StoreError) { try batches.checkCapacity(adding: bytes) }

    /// Refuses new events, and waits for those already accepted.
    func close() async { await batches.close() }

    /// After a failed write or sync the content of the disk is unknown, and a later event could be
    /// acknowledged but lost.
    func stopIfNeeded(after error: StoreError) {
        guard [.inputOutput, .corrupt, .moved].contains(error.code) else { return }
        if batches.stop(error) { onFailure(error) }
    }

    /// Must run on the writer's queue, outside of database transactions.
    func checkpointIfDue(_ db: Database) {
        do {
            try checkpoints.takeIfDue(db)
        } catch {
            stopIfNeeded(after: StoreError(error, while: "bringing the WAL into the database"))
        }
    }

    /// Schedules one job per batch, so that other writes can run between two batches.
    private func scheduleBatch() {
        queue.asyncWriteWithoutTransaction { db in
            let batch = self.batches.takeBatch()
            let answers = self.write(batch.map(\.event), db)
            for (item, answer) in zip(batch, answers) { item.resume(answer) }
            // After the answers: the events are durable even if the checkpoint fails.
            self.checkpointIfDue(db)
            if self.batches.finishBatch() { self.scheduleBatch() }
        }
    }

    private func write(_ events: [PreparedEvent], _ db: Database) -> [EventBatches.Answer] {
        if let failure { return events.map { _ in .failure(failure) } }
        do {
            let outcomes = try commit(events, db)
            wasFull.store(false, ordering: .relaxed)
            return outcomes.map(EventBatches.Answer.success)
        } catch {
            let storeError = StoreError(error, while: "recording events")
            wasFull.store(storeError.code == .full, ordering: .relaxed)
            stopIfNeeded(after: storeError)
            // If the database refuses one event, the others of the batch must still be recorded.
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
        // Checked after the commit: the events are safe only if the next process finds their file under this
        // path.
        try files.check()
        return outcomes
    }
}
