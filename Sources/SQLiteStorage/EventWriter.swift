import Billing
import Database
import Foundation
import GRDB
package import Storage
import Synchronization

extension SQLiteStore {
    package func record(_ event: IncomingEvent, answer: @escaping @Sendable (RecordAnswer) -> Void) {
        eventWriter.batches.record(event.under(projection), answer: answer) { eventWriter.scheduleBatch() }
    }
}

/// Writes all events: those that wait go into one database transaction (group commit).
final class EventWriter: Sendable {
    let batches: EventBatches
    private let queue: DatabaseQueue
    /// The compiled statements of the queue's connection.
    private let statements = SQLiteStatements()
    private let checkpoints: Checkpoints
    private let files: DatabaseFiles
    private let projection: ProjectionPolicy
    private let marks: ErasureTombstones
    private let onFailure: @Sendable (StoreError) -> Void
    /// The last batch failed because the disk was full.
    private let wasFull = Atomic(false)

    init(
        queue: DatabaseQueue,
        checkpoints: Checkpoints,
        files: DatabaseFiles,
        projection: ProjectionPolicy,
        marks: ErasureTombstones,
        limits: EventBatches.Limits,
        onFailure: @escaping @Sendable (StoreError) -> Void
    ) {
        batches = EventBatches(limits: limits)
        self.queue = queue
        self.checkpoints = checkpoints
        self.files = files
        self.projection = projection
        self.marks = marks
        self.onFailure = onFailure
    }

    /// Refuses new events, and waits for those already accepted.
    func close() async {
        await batches.close()
        // A connection with compiled statements cannot be closed.
        try? await queue.writeWithoutTransaction { [statements] _ in statements.removeAll() }
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
    func scheduleBatch() {
        queue.asyncWriteWithoutTransaction { db in
            self.batches.answerBatch { self.write($0, db) }
            // After the answers: the events are durable even if the checkpoint fails.
            self.checkpointIfDue(db)
            if self.batches.finishBatch() { self.scheduleBatch() }
        }
    }

    private func write(_ events: [IncomingEvent], _ db: Database) -> [RecordAnswer] {
        if let failure = batches.failure { return events.map { _ in .failure(failure) } }
        do {
            let outcomes = try commit(events, db)
            wasFull.store(false, ordering: .relaxed)
            return outcomes.map(RecordAnswer.success)
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

    private func commit(_ events: [IncomingEvent], _ db: Database) throws -> [RecordOutcome] {
        var outcomes: [RecordOutcome] = []
        outcomes.reserveCapacity(events.count)
        try db.inTransaction(.immediate) {
            let session = SQLiteSession(db, statements)
            for event in events { outcomes.append(try record(event, session)) }
            return .commit
        }
        // Checked after the commit: the events are safe only if the next process finds their file under this
        // path.
        try files.check()
        return outcomes
    }

    private func record(_ arrived: IncomingEvent, _ session: SQLiteSession) throws -> RecordOutcome {
        let event = marks.applied(to: arrived)
        guard try insert(event, session) else { return .duplicate }
        if let erased = event.erasedCustomer {
            try SQLiteStore.mark(erased.ids, of: erased.key, at: event.receivedAt, marks, session)
        }
        try Projector(tables: .live, projection: projection, session: session).project(event)
        return event.outcome
    }

    private static let insertion: String = {
        let names = EventRow.insertedColumns.map(\.name)
        return """
            INSERT INTO events (\(names.joined(separator: ", ")))
            VALUES (\(names.indices.map { "$\($0 + 1)" }.joined(separator: ", ")))
            ON CONFLICT (id, api_version) DO NOTHING
            """
    }()

    /// - Returns: Whether the event is new in its API version.
    private func insert(_ incoming: IncomingEvent, _ session: SQLiteSession) throws -> Bool {
        try session.execute(SQLStatement(Self.insertion, EventRow.values(incoming))) > 0
    }
}
