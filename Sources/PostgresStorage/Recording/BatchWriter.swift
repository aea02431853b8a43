import Billing
import PostgresClient
package import Storage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PostgresStore {
    package func record(_ event: IncomingEvent, answer: @escaping @Sendable (RecordAnswer) -> Void) {
        writer.batches.record(event.under(projection), answer: answer) { writer.scheduleBatch() }
    }
}

/// Writes this replica's events: all that wait go into one database transaction (group commit).
final class BatchWriter: Sendable {
    /// How long a batch is retried while its callers wait, in milliseconds.
    struct Patience: Sendable {
        /// While there is no connection: no event was sent, so an error is safe to return.
        var unsent = 2_000
        /// While the outcome of a commit is unknown.
        var inDoubt = 12_000
    }

    let batches: EventBatches
    private let line: DedicatedConnection
    private let patience: Patience
    private let projection: ProjectionPolicy
    private let marks: ErasureTombstones

    init(
        _ origin: DedicatedConnection.Origin,
        limits: EventBatches.Limits,
        patience: Patience = Patience(),
        projection: ProjectionPolicy,
        marks: ErasureTombstones
    ) {
        self.projection = projection
        self.marks = marks
        line = DedicatedConnection(origin, label: "console-billing.postgres.writer")
        batches = EventBatches(limits: limits)
        self.patience = patience
    }

    /// Refuses new events, waits for those already accepted, and disconnects.
    func close() async {
        await batches.close()
        await line.close()
    }

    func scheduleBatch() {
        line.submit { session in
            self.batches.answerBatch { self.write($0, in: &session) }
            if self.batches.finishBatch() { self.scheduleBatch() }
        }
    }

    /// Writes a batch, and retries until its outcome is known or the time limit is reached.
    ///
    /// If a connection breaks between COMMIT and the answer, the outcome is unknown. Writing the batch again
    /// on a new connection settles it: if the first commit succeeded, the log contains the events.
    private func write(
        _ events: [IncomingEvent],
        in session: inout DedicatedConnection.Session
    ) -> [RecordAnswer] {
        var attempt = BatchAttempt(events, projection, marks)
        let begun = ContinuousClock.now
        while true {
            do throws(PostgresFailure) {
                let connection = try session.connected()
                defer { if connection.isBroken { session.disconnect() } }
                return try attempt.run(on: connection).map(RecordAnswer.success)
            } catch {
                let patience = attempt.isInDoubt ? self.patience.inDoubt : self.patience.unsent
                if error.isPassing, ContinuousClock.now - begun < .milliseconds(patience) {
                    usleep(20_000)
                    continue
                }
                let storeError = StoreError(error, while: "recording events")
                // If the database refuses one event, the others of the batch must still be recorded.
                guard [.constraint, .corrupt, .other].contains(storeError.code), events.count > 1 else {
                    return events.map { _ in .failure(storeError) }
                }
                return events.flatMap { write([$0], in: &session) }
            }
        }
    }
}

/// The events of a batch, and the possible outcome of earlier attempts.
struct BatchAttempt {
    private let arrived: [IncomingEvent]
    private let projection: ProjectionPolicy
    private let marks: ErasureTombstones
    /// The new events of an attempt whose COMMIT was sent and never answered.
    private var perhapsCommitted: Set<EventKey> = []

    init(_ events: [IncomingEvent], _ projection: ProjectionPolicy, _ marks: ErasureTombstones) {
        arrived = events
        self.projection = projection
        self.marks = marks
    }

    var isInDoubt: Bool { !perhapsCommitted.isEmpty }

    /// - Returns: The outcome of each event.
    mutating func run(on connection: PostgresConnection) throws(PostgresFailure) -> [RecordOutcome] {
        do throws(PostgresFailure) {
            return try commit(on: connection)
        } catch {
            connection.rollBack()
            throw error
        }
    }

    private mutating func commit(on connection: PostgresConnection) throws(PostgresFailure) -> [RecordOutcome]
    {
        var events = arrived.map(marks.applied)
        var begun = try begin(events, on: connection)
        // The transaction holds the lock of event recording, so the marks cannot change until it ends.
        if try marks.isBehind(begun[2], connection) {
            events = arrived.map(marks.applied)
            begun = try begin(events, on: connection)
        }
        let numbers = begun[3].numbersByKey
        var remaining = numbers
        // An event that is delivered again in the same API version is not recorded again: the first delivery
        // stays.
        let isNew = events.map { remaining.removeValue(forKey: $0.event.key) }
        var new: [IncomingEvent] = []
        for (var event, number) in zip(events, isNew) {
            guard let number else { continue }
            event.payment = number
            new.append(event)
        }
        let plan = ProjectionPlan(
            new,
            standing: try ProjectionRebuild(connection: connection, projection: projection)
                .standing(of: events, Array(begun.dropFirst(4)))
        )
        let marking = events.compactMap { event in
            event.erasedCustomer.map {
                ErasureStatements.marking($0.ids, of: $0.key, at: event.receivedAt)
            }
        }
        let writes = Projection.live.writing(plan) + marking
        let waiting = numbers.isEmpty ? [EventStatements.waitingForTheLog] : []

        let earlier = perhapsCommitted
        perhapsCommitted.formUnion(numbers.keys)
        do throws(PostgresFailure) {
            _ = try connection.execute(writes + waiting + [Command("COMMIT")])
        } catch {
            // The server refused and the connection works, so no part of the batch was committed.
            if case .refused = error, !error.endsConnection { perhapsCommitted = earlier }
            throw error
        }
        var settled = earlier
        return zip(events, isNew).map { event, number in
            let isOurs = number != nil || settled.remove(event.event.key) != nil
            return isOurs ? event.outcome : .duplicate
        }
    }

    /// - Returns: The result of each command: `BEGIN`, the lock, the revision of the marks, the new events,
    ///   and the current state.
    private func begin(
        _ events: [IncomingEvent],
        on connection: PostgresConnection
    ) throws(PostgresFailure) -> [Rows] {
        var seen: Set<EventKey> = []
        let firstOfEachKey = events.filter { seen.insert($0.event.key).inserted }
        let begun = try connection.execute(
            [
                Command("BEGIN"), EventStatements.advisoryLock, ErasureStatements.revision,
                EventStatements.inserting(firstOfEachKey),
            ] + Projection.live.reading(events)
        )
        guard begun.count >= 4 else { throw .unexpected }
        return begun
    }
}

extension Rows {
    /// Reads rows of an id, an API version and a number.
    fileprivate var numbersByKey: [EventKey: Int64] {
        (0..<count).reduce(into: [:]) { $0[EventKey(text($1, 0), apiVersion: text($1, 1))] = int($1, 2) }
    }
}
