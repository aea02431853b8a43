import Billing
import PostgresClient
import Storage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The one writer of events of this replica: takes all that waits into one database transaction (group commit).
final class BatchWriter: Sendable {
    /// How long a batch is tried for, while whoever posted it waits; milliseconds.
    struct Patience: Sendable {
        /// While there is no connection: nothing was sent, and a refusal costs nothing.
        var unsent = 2_000
        /// While it is not known whether a batch was committed.
        var inDoubt = 12_000
    }

    private let line: ConnectionLine
    private let batches: EventBatches
    private let patience: Patience
    private let erasure: ErasureAtRecording

    init(
        _ origin: ConnectionLine.Origin,
        limits: EventBatches.Limits,
        patience: Patience = Patience(),
        erasure: ErasureAtRecording
    ) {
        self.erasure = erasure
        line = ConnectionLine(origin, label: "console-billing.postgres.writer")
        batches = EventBatches(limits: limits)
        self.patience = patience
    }

    /// - Returns: once the event is durable, or may not be.
    func record(_ event: PreparedEvent) async throws(StoreError) -> RecordOutcome {
        try await batches.record(event) { scheduleBatch() }
    }

    func checkCapacity() throws(StoreError) { try batches.checkCapacity() }

    /// Refuses what comes from now on, waits for what is already here, and disconnects.
    func close() async {
        await batches.close()
        await line.close()
    }

    private func scheduleBatch() {
        line.submit { session in
            let batch = self.batches.takeBatch()
            let answers = self.write(batch.map(\.event), in: &session)
            for (item, answer) in zip(batch, answers) { item.resume(answer) }
            if self.batches.finishBatch() { self.scheduleBatch() }
        }
    }

    /// Writes a batch, again and again until its outcome is known or patience is at its end.
    ///
    /// A connection that broke between COMMIT and its answer leaves the outcome open. Doing all of it again on
    /// another one settles that: where the first commit went through, the log has the events already.
    private func write(
        _ events: [PreparedEvent],
        in session: inout ConnectionLine.Session
    ) -> [EventBatches.Answer] {
        var attempt = BatchAttempt(events, erasure)
        let begun = ContinuousClock.now
        while true {
            do throws(PostgresFailure) {
                let connection = try session.connected()
                defer { if connection.isBroken { session.disconnect() } }
                return try attempt.run(on: connection).map(EventBatches.Answer.success)
            } catch {
                let patience = attempt.isInDoubt ? self.patience.inDoubt : self.patience.unsent
                if error.isPassing, ContinuousClock.now - begun < .milliseconds(patience) {
                    usleep(20_000)
                    continue
                }
                let storeError = StoreError(error, while: "recording events")
                // An event that the database refuses must not take its neighbours with it.
                guard [.constraint, .corrupt, .other].contains(storeError.code), events.count > 1 else {
                    return events.map { _ in .failure(storeError) }
                }
                return events.flatMap { write([$0], in: &session) }
            }
        }
    }
}

/// Some events on their way into the log, and what earlier attempts may have come to.
struct BatchAttempt {
    private let arrived: [PreparedEvent]
    private let erasure: ErasureAtRecording
    /// New to the log in an attempt whose commit was sent and never answered.
    private var perhapsCommitted: Set<EventKey> = []

    init(_ events: [PreparedEvent], _ erasure: ErasureAtRecording) {
        arrived = events
        self.erasure = erasure
    }

    var isInDoubt: Bool { !perhapsCommitted.isEmpty }

    /// - Returns: What became of each event.
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
        var batch = erasure.applied(to: arrived)
        var begun = try begin(batch.events, on: connection)
        // In our turn nobody adds to the marks: what they were at its beginning they are at its end.
        if try erasure.isBehind(begun[2], connection) {
            batch = erasure.applied(to: arrived)
            begun = try begin(batch.events, on: connection)
        }
        let events = batch.events
        let numbers = begun[3].numbersByKey
        var remaining = numbers
        // An event that is delivered again in the same API version is not recorded again: the first delivery stays.
        let isNew = events.map { remaining.removeValue(forKey: $0.event.key) }
        let plan = ProjectionPlan(
            zip(events, isNew).compactMap { event, number in
                number.map { ProjectionPlan.Entry(event, asking: event.asking, payment: $0) }
            },
            standing: try Rebuilding(connection: connection, projection: erasure.projection)
                .standing(of: events, Array(begun.dropFirst(4)))
        )
        let writes = Projection.live.writing(plan) + batch.marking
        let waiting = numbers.isEmpty ? [EventStatements.waitingForTheLog] : []

        let earlier = perhapsCommitted
        perhapsCommitted.formUnion(numbers.keys)
        do throws(PostgresFailure) {
            _ = try connection.execute(writes + waiting + [Command("COMMIT")])
        } catch {
            // Refused, and said so on a connection that lives: nothing of it was committed.
            if case .refused = error, !error.endsConnection { perhapsCommitted = earlier }
            throw error
        }
        var settled = earlier
        return zip(events, isNew).map { event, number in
            let isOurs = number != nil || settled.remove(event.event.key) != nil
            return isOurs ? event.outcome : .duplicate
        }
    }

    /// - Returns: What each command gave: the beginning, the turn, the marks, the new events, and what stands.
    private func begin(
        _ events: [PreparedEvent],
        on connection: PostgresConnection
    ) throws(PostgresFailure) -> [Rows] {
        var seen: Set<EventKey> = []
        let firstOfEachKey = events.filter { seen.insert($0.event.key).inserted }
        let begun = try connection.execute(
            [
                Command("BEGIN"), EventStatements.turn, ErasureStatements.revision,
                EventStatements.inserting(firstOfEachKey),
            ] + Projection.live.reading(events)
        )
        guard begun.count >= 4 else { throw .unexpected }
        return begun
    }
}

extension Rows {
    /// Of rows of an id, an API version and a number.
    fileprivate var numbersByKey: [EventKey: Int64] {
        (0..<count).reduce(into: [:]) { $0[EventKey(text($1, 0), apiVersion: text($1, 1))] = int($1, 2) }
    }
}
