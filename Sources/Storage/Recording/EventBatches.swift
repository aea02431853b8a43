import CoreMetrics
import Synchronization

/// The queue of the event writer, which writes all waiting events in one database transaction (group commit).
///
/// A sync costs the same for one event as for hundreds. While one batch is synced, the next one collects.
package final class EventBatches: Sendable {
    /// How many events may wait.
    ///
    /// Above a limit a delivery is refused, and Stripe sends it again.
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

    /// An event, and the callback of its caller.
    private struct Waiting {
        let event: IncomingEvent
        let answer: @Sendable (RecordAnswer) -> Void
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
    private let instruments = BatchInstruments()
    private let state = Mutex(State())

    package init(limits: Limits) { self.limits = limits }

    /// The error that stopped the writer for good, or `nil`.
    package var failure: StoreError? { state.withLock { $0.failure } }

    /// Adds an event to the queue.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - answer: Called with the outcome, on the writer's thread once the batch is durable; at once if the
    ///     event is refused.
    ///   - startsDraining: Called if the queue was idle: it must cause a batch to be taken, on the writer's
    ///     thread.
    package func record(
        _ event: IncomingEvent,
        answer: @escaping @Sendable (RecordAnswer) -> Void,
        startsDraining: () -> Void
    ) {
        if enqueue(Waiting(event: event, answer: answer)) { startsDraining() }
    }

    package func checkCapacity(adding bytes: Int = 0) throws(StoreError) {
        let refusal = state.withLock { self.refusal(in: $0, adding: bytes) }
        if let refusal { throw refusal }
    }

    /// Takes the next batch, and answers the caller of each of its events; ``finishBatch()`` must follow.
    ///
    /// - Parameter write: Writes the events; returns an answer for each.
    package func answerBatch(_ write: ([IncomingEvent]) -> [RecordAnswer]) {
        let (batch, rest) = state.withLock { state in
            let batch = Array(state.waiting.prefix(limits.maxBatch))
            state.waiting.removeFirst(batch.count)
            state.waitingBytes -= batch.reduce(0) { $0 + $1.event.payload.count }
            state.batchBegan = .now
            return (batch, state.waiting.count)
        }
        instruments.tookBatch(of: batch.count, leaving: rest)
        for (item, answer) in zip(batch, write(batch.map(\.event))) {
            item.answer(answer)
        }
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

    /// Refuses new events, and waits for those already accepted.
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

    /// Refuses all events from now on.
    ///
    /// - Returns: Whether this is the first error that stops the writer.
    package func stop(_ error: StoreError) -> Bool {
        state.withLock { state in
            guard state.failure == nil else { return false }
            state.failure = error
            return true
        }
    }

    private func refusal(in state: State, adding bytes: Int) -> StoreError? {
        if let failure = state.failure { return failure }
        if state.isClosed { return StoreError(.closed, while: "accepting an event") }
        if state.waiting.count >= limits.maxWaiting || state.waitingBytes + bytes > limits.maxWaitingBytes {
            return StoreError(.busy, while: "accepting an event")
        }
        return nil
    }

    /// - Returns: Whether the caller must start to take batches.
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
        if let refusal { item.answer(.failure(refusal)) }
        return startsDraining
    }
}

/// The metrics of the event writer.
private struct BatchInstruments: Sendable {
    private let size = Recorder(label: "console_billing_batch_events", aggregate: true)
    private let commit = CoreMetrics.Timer(label: "console_billing_commit_seconds")
    private let waiting = Meter(label: "console_billing_writer_queue_events")

    func tookBatch(of count: Int, leaving rest: Int) {
        size.record(count)
        waiting.set(rest)
    }

    func finishedBatch(in duration: Duration) {
        commit.recordNanoseconds(Int64(clamping: duration / .nanoseconds(1)))
    }
}
