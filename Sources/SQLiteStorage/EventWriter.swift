import Billing
import GRDB
import Storage
import Synchronization

/// The one writer of events: takes all that waits into one database transaction (group commit).
///
/// A sync costs the same for one event as for hundreds. While one batch is being synced the next gathers.
package final class EventWriter: Sendable {
    /// How much may wait.
    ///
    /// Over it a delivery is refused, and Stripe sends it again.
    package struct Limits: Sendable {
        package var maxWaiting: Int
        package var maxWaitingBytes: Int
        package var maxBatch: Int

        package init(maxWaiting: Int = 4096, maxWaitingBytes: Int = 64 << 20, maxBatch: Int = 512) {
            self.maxWaiting = maxWaiting
            self.maxWaitingBytes = maxWaitingBytes
            self.maxBatch = maxBatch
        }
    }

    typealias Answer = Result<RecordOutcome, StoreError>

    private struct Waiting: Sendable {
        let event: PreparedEvent
        let continuation: CheckedContinuation<Answer, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var waitingBytes = 0
        var isDraining = false
        var isClosed = false
        var failure: StoreError?
        var whenIdle: [CheckedContinuation<Void, Never>] = []
    }

    private let queue: DatabaseQueue
    private let checkpoints: Checkpoints
    private let files: DatabaseFiles
    private let recorder: EventRecorder
    private let limits: Limits
    private let onFailure: @Sendable (StoreError) -> Void
    private let state = Mutex(State())

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
        self.limits = limits
        self.onFailure = onFailure
    }

    /// The error that stopped the writer for good, if one did.
    var failure: StoreError? { state.withLock { $0.failure } }

    /// - Returns: once the event is durable, or may not be.
    func record(_ event: PreparedEvent) async throws(StoreError) -> RecordOutcome {
        let answer: Answer = await withCheckedContinuation { continuation in
            enqueue(Waiting(event: event, continuation: continuation))
        }
        return try answer.get()
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

    func checkCapacity(adding bytes: Int = 0) throws(StoreError) {
        let refusal = state.withLock { self.refusal(in: $0, adding: bytes) }
        if let refusal { throw refusal }
    }

    /// Refuses what comes from now on, and waits for what is already here.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.isDraining { state.whenIdle.append(continuation) }
                return !state.isDraining
            }
            if isIdle { continuation.resume() }
        }
    }

    /// After a failed write or sync nobody knows what is on the disk; going on could acknowledge on top of it.
    func stopIfNeeded(after error: StoreError) {
        guard [.inputOutput, .corrupt, .moved].contains(error.code) else { return }
        let isFirst = state.withLock { state in
            guard state.failure == nil else { return false }
            state.failure = error
            return true
        }
        if isFirst { onFailure(error) }
    }

    /// On the writer's queue, outside of database transactions.
    func checkpointIfDue(_ db: Database) {
        do {
            try checkpoints.takeIfDue(db)
        } catch {
            stopIfNeeded(after: StoreError(error, while: "bringing the WAL into the database"))
        }
    }

    private func refusal(in state: State, adding bytes: Int) -> StoreError? {
        if let failure = state.failure { return failure }
        if state.isClosed { return StoreError(.closed, while: "taking an event") }
        if state.waiting.count >= limits.maxWaiting || state.waitingBytes + bytes > limits.maxWaitingBytes {
            return StoreError(.busy, while: "taking an event")
        }
        return nil
    }

    private func enqueue(_ item: Waiting) {
        let size = item.event.payload.count
        let (refusal, startsDraining): (StoreError?, Bool) = state.withLock { state in
            if let refusal = self.refusal(in: state, adding: size) { return (refusal, false) }
            state.waiting.append(item)
            state.waitingBytes += size
            let starts = !state.isDraining
            state.isDraining = true
            return (nil, starts)
        }
        if let refusal { item.continuation.resume(returning: .failure(refusal)) }
        if startsDraining { scheduleBatch() }
    }

    /// One batch a job, so that other writes get their turn between two.
    private func scheduleBatch() {
        queue.asyncWriteWithoutTransaction { db in
            let batch = self.takeBatch()
            let answers = self.write(batch.map(\.event), db)
            for (item, answer) in zip(batch, answers) { item.continuation.resume(returning: answer) }
            // After the answers: these events are durable, whatever becomes of the checkpoint.
            self.checkpointIfDue(db)
            self.finishBatch()
        }
    }

    private func takeBatch() -> [Waiting] {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(limits.maxBatch))
            state.waiting.removeFirst(batch.count)
            state.waitingBytes -= batch.reduce(0) { $0 + $1.event.payload.count }
            return batch
        }
    }

    private func finishBatch() {
        let idle: [CheckedContinuation<Void, Never>]? = state.withLock { state in
            guard state.waiting.isEmpty else { return nil }
            state.isDraining = false
            defer { state.whenIdle = [] }
            return state.whenIdle
        }
        guard let idle else { return scheduleBatch() }
        for continuation in idle { continuation.resume() }
    }

    private func write(_ events: [PreparedEvent], _ db: Database) -> [Answer] {
        if let failure { return events.map { _ in .failure(failure) } }
        do {
            return try commit(events, db).map(Answer.success)
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
