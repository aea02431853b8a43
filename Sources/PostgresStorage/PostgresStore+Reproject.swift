import Billing
import Database
import PostgresClient
package import Storage

extension PostgresStore {
    package func reproject(eventID: String) async throws(StoreError) -> Reprojection? {
        try await run("reprojecting an event") { [projection] connection throws(PostgresFailure) in
            try connection.transaction { () throws(PostgresFailure) in
                try connection.run(
                    script: Self.indexOnlySettings.map { "SET LOCAL \($0)" }.joined(separator: ";")
                )
                try connection.execute(EventStatements.advisoryLock)
                let events = try connection.rows(EventRow.renderings(of: eventID))
                guard !events.isEmpty else { return nil }
                let rebuilding = ProjectionRebuild(connection: connection, projection: projection)
                let changed = try rebuilding.derive(events, into: .live, fetchPolicy: .everything)
                return Reprojection(
                    events: events.count,
                    transactions: try rebuilding.count("SELECT count(*) AS rows FROM transactions"),
                    changed: changed
                )
            }
        }
    }

    /// Derives all rows into new tables, and swaps these with the ones in use in one step.
    ///
    /// The rebuild reads the log in batches while all replicas continue to record. Only the last batch, which
    /// finds no further event, blocks recording.
    package func reprojectAll() async throws(StoreError) -> Reprojection {
        try inFlight.begin("reprojecting")
        defer { inFlight.end() }
        let outcome: Reprojection?
        do throws(PostgresFailure) {
            outcome = try await rebuilding.run(repeats: false) {
                [projection, inFlight] connection throws(PostgresFailure) in
                try ProjectionRebuild(connection: connection, projection: projection).run(whileOpen: inFlight)
            }
        } catch {
            throw StoreError(error, while: "reprojecting")
        }
        guard let outcome else {
            throw inFlight.isClosed
                ? StoreError(.closed, while: "reprojecting")
                : StoreError(.busy, while: "reprojecting: a rebuild is under way already")
        }
        return outcome
    }
}

/// Derives rows again from the log.
struct ProjectionRebuild {
    let connection: PostgresConnection
    let projection: ProjectionPolicy

    private static let batchSize = 200
    /// Ten minutes, which is longer than a query of an analyst may take.
    private static let maximumSwaps = 300

    /// - Returns: `nil` if another replica or caller is rebuilding, or if the store is closing.
    func run(whileOpen inFlight: CloseGate) throws(PostgresFailure) -> Reprojection? {
        let lock = Query(
            "SELECT pg_try_advisory_lock(7226736, 'events'::regclass::oid::int) AS taken"
        ) { try $0.bool("taken") }
        guard try connection.row(lock) == true else { return nil }
        defer {
            // If the unlock fails, the connection is lost, and the server has released its locks.
            _ = try? connection.execute(
                Command("SELECT pg_advisory_unlock(7226736, 'events'::regclass::oid::int)")
            )
        }
        try connection.transaction { () throws(PostgresFailure) in
            try connection.run(script: ProjectionTables.rebuilt.removal)
            try connection.run(script: ProjectionTables.rebuilt.definition(.postgres))
        }
        var progress = Progress()
        while !inFlight.isClosed {
            let before = progress
            do throws(PostgresFailure) {
                let step = try connection.transaction { () throws(PostgresFailure) in try batch(after: before)
                }
                if let finished = step.finished { return finished }
                progress = step.progress
            } catch {
                guard before.isLast, before.swaps < Self.maximumSwaps, error.isLockTimeout else {
                    throw error
                }
                // A query reads the tables. Events that wait are recorded before the next try.
                progress.swaps += 1
            }
        }
        return nil
    }

    private struct Progress {
        var events = 0
        var last: Int64 = 0
        /// The events that are left do not fill a batch: the next batch blocks recording.
        var isLast = false
        /// How often the tables could not be locked.
        var swaps = 0
    }

    private func batch(
        after before: Progress
    ) throws(PostgresFailure) -> (progress: Progress, finished: Reprojection?) {
        if before.isLast { try connection.execute(EventStatements.advisoryLock) }
        let events = try connection.rows(EventRow.after(before.last, limit: Self.batchSize))
        _ = try derive(events, into: .rebuilt, fetchPolicy: .nothing)
        var progress = before
        progress.events += events.count
        if let last = events.last { progress.last = last.sequence }
        guard events.count < Self.batchSize else { return (progress, nil) }
        guard before.isLast else {
            // Runs before recording is blocked, so that queries on the new tables have statistics.
            try connection.run(script: "ANALYZE rebuilt_objects, rebuilt_transactions, rebuilt_customers")
            progress.isLast = true
            return (progress, nil)
        }
        let changed = try swapTables()
        return (
            progress,
            Reprojection(
                events: progress.events,
                transactions: try count("SELECT count(*) AS rows FROM transactions"),
                changed: changed
            )
        )
    }

    /// Reads events again with the current code.
    ///
    /// - Returns: The number of feed rows that changed.
    func derive(
        _ stored: [StoredEvent],
        into target: Projection,
        fetchPolicy: IncomingEvent.FetchPolicy
    ) throws(PostgresFailure) -> Int {
        var events: [IncomingEvent] = []
        for logged in stored {
            guard let event = IncomingEvent(logged, fetchPolicy: fetchPolicy)?.under(projection) else {
                continue
            }
            if event.readsOtherwise(than: logged.entry) { try setDisposition(of: logged.sequence, event) }
            events.append(event)
        }
        let answers = try connection.execute(target.reading(events))
        // In a rebuild an unreadable snapshot counts as missing, because the log is being read anyway.
        let standing =
            fetchPolicy == .nothing
            ? try target.standing(answers) : try standing(of: events, answers)
        let plan = ProjectionPlan(events, standing: standing)
        _ = try connection.execute(target.writing(plan))
        return plan.changedRows
    }

    /// The current state of the payments that these events touch, after unreadable snapshots are derived
    /// again.
    ///
    /// `answers` are the results of ``Projection/reading(_:)``.
    func standing(
        of events: [IncomingEvent],
        _ answers: [Rows]
    ) throws(PostgresFailure) -> CurrentPayments {
        let standing = try Projection.live.standing(answers)
        guard !standing.unreadable.isEmpty else { return standing }
        var payments: [Int64: String] = [:]
        for key in standing.unreadable {
            if key.reference.kind == .customer {
                try deriveAgain(customer: key.reference.id, account: key.account)
            } else if let object = standing.objects[key] {
                payments[object.payment] = key.account
            }
        }
        for (payment, account) in payments { try deriveAgain(payment, account: account) }
        return try Projection.live.standing(try connection.execute(Projection.live.reading(events)))
    }

    /// Replaces a payment's rows and objects with new ones, derived from the events about its objects.
    func deriveAgain(_ payment: Int64, account: String) throws(PostgresFailure) {
        try connection.execute(Command("DELETE FROM transactions WHERE payment = $1", [.int(payment)]))
        try deriveAgain("payment = $1 AND account = $2", .int(payment), account: account)
    }

    private func deriveAgain(customer id: String, account: String) throws(PostgresFailure) {
        try deriveAgain("id = $1 AND kind = 'customer' AND account = $2", .text(id), account: account)
    }

    private func deriveAgain(
        _ objects: String,
        _ value: SQLValue,
        account: String
    ) throws(PostgresFailure) {
        let events = try connection.rows(
            Query(
                """
                SELECT \(EventRow.columns)
                FROM events
                WHERE object_id IN (SELECT id FROM objects WHERE \(objects)) AND coalesce(account, '') = $2
                ORDER BY sequence
                """,
                [value, .text(account)],
                decode: EventRow.stored
            )
        )
        let removal = SQLStatement("DELETE FROM objects WHERE \(objects)", [value, .text(account)])
        try connection.execute(Command(removal))
        _ = try derive(events, into: .live, fetchPolicy: .nothing)
    }

    private func setDisposition(of sequence: Int64, _ event: IncomingEvent) throws(PostgresFailure) {
        try connection.execute(
            Command(
                "UPDATE events SET disposition = $1, reason = $2, object_id = $3 WHERE sequence = $4",
                [
                    .text(event.disposition.rawValue), .text(orNull: event.reason),
                    .text(orNull: event.objectID), .int(sequence),
                ]
            )
        )
    }

    /// Swaps the rebuilt tables with the ones in use.
    ///
    /// - Returns: The number of rows that differ.
    private func swapTables() throws(PostgresFailure) -> Int {
        // This compares all rows once, for which a hash join is faster than a lookup per row.
        try connection.run(script: "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on")
        func columns(_ table: String) -> String {
            StoredTransaction.content.map { "\(table).\($0)" }.joined(separator: ", ")
        }
        let changed = try count(
            """
            SELECT count(*) AS rows
            FROM transactions l
            FULL JOIN rebuilt_transactions r ON r.id = l.id
            WHERE (\(columns("l"))) IS DISTINCT FROM (\(columns("r")))
            """
        )
        try connection.run(script: Self.swap)
        return changed
    }

    private static let swap: String = {
        let tables = ProjectionTables.all.map(\.name)
        let indexes = ProjectionTables.all.flatMap(\.indexNames)
        let statements =
            [
                // Recording waits meanwhile, so a rebuild waits for a long query of an analyst only briefly.
                "SET LOCAL lock_timeout = '2s'",
                // Replacing a view with itself locks it. A query locks its views before their tables, and the
                // same order here prevents deadlocks. `LOCK TABLE` would lock all tables that a view reads.
                PostgresViews.derived,
                // The service's own reads lock the tables in the same order.
                "LOCK TABLE transactions, objects, customers IN ACCESS EXCLUSIVE MODE",
            ]
            + tables.map { "ALTER TABLE \($0) RENAME TO retired_\($0)" }
            + tables.map { "ALTER TABLE rebuilt_\($0) RENAME TO \($0)" }
            + [PostgresViews.derived, ProjectionTables.retired.removal]
            + indexes.map { "ALTER INDEX rebuilt_\($0) RENAME TO \($0)" }
        return statements.joined(separator: ";\n")
    }()

    func count(_ sql: String) throws(PostgresFailure) -> Int {
        Int(try connection.row(Query(sql, isPrepared: false) { try $0.int("rows") }) ?? 0)
    }
}

extension PostgresFailure {
    fileprivate var isLockTimeout: Bool {
        guard case .refused(let state) = self else { return false }
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        return state == "55P03"
    }
}
