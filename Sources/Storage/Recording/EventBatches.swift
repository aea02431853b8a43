import Synchronization

/// What waits for the one writer, which takes all of it into one database transaction (group commit).
///
/// A sync costs the same for one event as for hundreds. While one batch is being synced the next gathers.
package final class EventBatches: Sendable {
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

    package typealias Answer = Result<RecordOutcome, StoreError>

    /// An event, and who waits to hear of it.
    package struct Waiting: Sendable {
        package let event: PreparedEvent
        fileprivate let continuation: CheckedContinuation<Answer, Never>

        package func resume(_ answer: Answer) { continuation.resume(returning: answer) }
    }

    private struct State {
        var waiting: [Waiting] = []
        var waitingBytes = 0
        var isDraining = false
        var batchBegan: ContinuousClock.Instant?
        var isClosed = false
        var failure: StoreError?
        var whenIdle: [CheckedContinuation<Void, Never>] = []
    }

    private let limits: Limits
    private let instruments: BatchInstruments
    private let state = Mutex(State())

    package init(limits: Limits, instruments: BatchInstruments = BatchInstruments()) {
        self.limits = limits
        self.instruments = instruments
    }

    /// The error that stopped the writer for good, if one did.
    package var failure: StoreError? { state.withLock { $0.failure } }

    /// Lets an event wait for its batch.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - startsDraining: Called when nothing waited before: a batch is to be taken, on the writer's thread.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError`` when the event may not be on record.
    package func record(
        _ event: PreparedEvent,
        startsDraining: () -> Void
    ) async throws(StoreError) -> RecordOutcome {
        let answer: Answer = await withCheckedContinuation { continuation in
            if enqueue(Waiting(event: event, continuation: continuation)) { startsDraining() }
        }
        return try answer.get()
    }

    package func checkCapacity(adding bytes: Int = 0) throws(StoreError) {
        let refusal = state.withLock { self.refusal(in: $0, adding: bytes) }
        if let refusal { throw refusal }
    }

    /// Takes the next batch; each of it is to be resumed, and ``finishBatch()`` to be called after.
    package func takeBatch() -> [Waiting] {
        let (batch, rest) = state.withLock { state in
            let batch = Array(state.waiting.prefix(limits.maxBatch))
            state.waiting.removeFirst(batch.count)
            state.waitingBytes -= batch.reduce(0) { $0 + $1.event.payload.count }
            state.batchBegan = .now
            return (batch, state.waiting.count)
        }
        instruments.tookBatch(of: batch.count, leaving: rest)
        return batch
    }

    /// - Returns: Whether there is another batch to take.
    package func finishBatch() -> Bool {
        let (began, idle): (ContinuousClock.Instant?, [CheckedContinuation<Void, Never>]?) = state.withLock {
            state in
            defer { state.batchBegan = nil }
            guard state.waiting.isEmpty else { return (state.batchBegan, nil) }
            state.isDraining = false
            defer { state.whenIdle = [] }
            return (state.batchBegan, state.whenIdle)
        }
        if let began { instruments.finishedBatch(in: began.duration(to: .now)) }
        guard let idle else { return true }
        for continuation in idle { continuation.resume() }
        return false
    }

    /// Refuses what comes from now on, and waits for what is already here.
    package func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.isDraining { state.whenIdle.append(continuation) }
                return !state.isDraining
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Refuses everything from now on.
    ///
    /// - Returns: Whether this is the first reason to.
    package func stop(_ error: StoreError) -> Bool {
        state.withLock { state in
            guard state.failure == nil else { return false }
            state.failure = error
            return true
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

    /// - Returns: Whether somebody has to begin taking batches.
    private func enqueue(_ item: Waiting) -> Bool {
        let size = item.event.payload.count
        let (refusal, startsDraining): (StoreError?, Bool) = state.withLock { state in
            if let refusal = self.refusal(in: state, adding: size) { return (refusal, false) }
            state.waiting.append(item)
            state.waitingBytes += size
            let starts = !state.isDraining
            state.isDraining = true
            return (nil, starts)
        }
        if let refusal { item.resume(.failure(refusal)) }
        return startsDraining
    }
}
