import Billing
import Database
import Foundation
import GRDB
import Storage

/// Updates the derived tables for each event.
///
/// The projector reads the current state of the event's payments, and writes the changes of a
/// ``ProjectionPlan``.
struct Projector {
    let tables: ProjectionTables
    let projection: ProjectionPolicy
    let db: Database
    /// Whether an unreadable snapshot counts as missing: true while the log is being read again.
    var isDerivingAgain = false

    /// Merges the objects that an event shows, and derives the rows of their payment again.
    ///
    /// - Returns: The number of feed rows that changed.
    /// - Throws: `DatabaseError`; the caller must then roll back the database transaction.
    @discardableResult
    func project(_ incoming: IncomingEvent) throws -> Int {
        var event = incoming
        let hasPayment = !event.records.isEmpty
        guard hasPayment || !event.customers.isEmpty || event.question != nil else { return 0 }
        var standing = try standing(event)
        if !standing.unreadable.isEmpty, !isDerivingAgain {
            try deriveAgain(standing)
            standing = try self.standing(event)
        }
        if hasPayment { event.payment = try nextNumber() }
        let plan = ProjectionPlan([event], standing: standing)
        try write(plan)
        return plan.changedRows
    }

    // MARK: Reading

    /// The number of a new payment.
    private func nextNumber() throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: "SELECT coalesce(max(payment), 0) + 1 FROM \(tables.objects)"
        )
        return try Int64.fetchOne(statement) ?? 1
    }

    private func standing(_ event: IncomingEvent) throws -> CurrentPayments {
        let account = event.event.account
        var standing = CurrentPayments()
        for customer in event.customers.map(\.reference) + event.namedCustomers {
            let key = Self.arguments(ObjectKey(customer, account: account))
            try objects("account = ? AND kind = ? AND id = ?", key).forEach { standing.add($0) }
        }
        let payments = Set(
            try event.records.compactMap { try payment(of: ObjectKey($0.reference, account: account)) }
        )
        for payment in payments {
            try objects("payment = ?", [payment]).forEach { standing.add($0) }
            try rows(ofPayment: payment).forEach { standing.add($0) }
        }
        return standing
    }

    private func objects(_ condition: String, _ arguments: StatementArguments) throws -> [StoredObject] {
        let sql = "SELECT \(StoredObject.columns) FROM \(tables.objects) WHERE \(condition)"
        return try db.rows(sql, arguments, StoredObject.read).compactMap(\.self)
    }

    private static func arguments(_ key: ObjectKey) -> StatementArguments {
        [key.account, key.reference.kind.rawValue, key.reference.id]
    }

    private func payment(of key: ObjectKey) throws -> Int64? {
        let statement = try db.cachedStatement(
            sql: "SELECT payment FROM \(tables.objects) WHERE account = ? AND kind = ? AND id = ?"
        )
        return try Int64.fetchOne(statement, arguments: Self.arguments(key))
    }

    private func rows(ofPayment payment: Int64) throws -> [StoredTransaction] {
        try SQLiteSession(db).rows(StoredTransaction.ofPayment(payment, prefix: tables.prefix))
    }

    // MARK: Reading again

    /// Replaces unreadable snapshots with new ones, derived from the log.
    private func deriveAgain(_ standing: CurrentPayments) throws {
        let isCustomer = { (key: ObjectKey) in key.reference.kind == .customer }
        for key in standing.unreadable.filter(isCustomer) {
            try deriveAgain(
                "id = $1 AND kind = 'customer' AND account = $2",
                .text(key.reference.id),
                account: key.account
            )
        }
        let payments = Dictionary(
            standing.unreadable.filter { !isCustomer($0) }.compactMap { key in
                standing.objects[key].map { ($0.payment, key.account) }
            }
        ) { first, _ in first }
        for (payment, account) in payments { try deriveAgain(payment, account: account) }
    }

    /// Replaces a payment's rows and objects with new ones, derived from the events about its objects.
    func deriveAgain(_ payment: Int64, account: String) throws {
        try execute("DELETE FROM \(tables.transactions) WHERE payment = ?", [payment])
        try deriveAgain("payment = $1 AND account = $2", .int(payment), account: account)
    }

    /// Derives the objects that meet a condition about `$1`, a value, and `$2`, the account.
    private func deriveAgain(_ objects: String, _ value: SQLValue, account: String) throws {
        let session = SQLiteSession(db)
        let events = try session.rows(
            Query(
                """
                SELECT \(EventRow.columns)
                FROM events
                WHERE object_id IN (SELECT id FROM \(tables.objects) WHERE \(objects))
                    AND coalesce(account, '') = $2
                ORDER BY sequence
                """,
                [value, .text(account)],
                decode: EventRow.stored
            )
        )
        try session.execute(
            SQLStatement("DELETE FROM \(tables.objects) WHERE \(objects)", [value, .text(account)])
        )
        var reader = self
        reader.isDerivingAgain = true
        for event in events { _ = try reader.project(again: event, fetchPolicy: .nothing) }
    }

    /// Projects an event of the log with the current code, and updates its disposition.
    ///
    /// - Returns: The number of feed rows that changed.
    func project(again stored: StoredEvent, fetchPolicy: IncomingEvent.FetchPolicy) throws -> Int {
        guard let event = IncomingEvent(stored, fetchPolicy: fetchPolicy)?.under(projection) else { return 0 }
        let changed = try project(event)
        if event.readsOtherwise(than: stored.entry) {
            try execute(
                "UPDATE events SET disposition = ?, reason = ?, object_id = ? WHERE sequence = ?",
                [event.disposition.rawValue, event.reason, event.objectID, stored.sequence]
            )
        }
        return changed
    }

    // MARK: Writing

    private func write(_ plan: ProjectionPlan) throws {
        for (gone, kept) in plan.merged {
            try execute("UPDATE \(tables.objects) SET payment = ? WHERE payment = ?", [kept, gone])
            try execute("UPDATE \(tables.transactions) SET payment = ? WHERE payment = ?", [kept, gone])
        }
        for object in plan.objects.values { try put(object.values, StoreTable.objects) }
        for (key, user) in plan.customers {
            try execute(
                """
                INSERT INTO \(tables.customers) (id, account, console_user)
                VALUES (?, ?, ?)
                ON CONFLICT (account, id) DO UPDATE SET console_user = excluded.console_user
                """,
                [key.reference.id, key.account, user]
            )
        }
        for id in plan.removedRows { try execute("DELETE FROM \(tables.transactions) WHERE id = ?", [id]) }
        for row in plan.rows.values { try put(row.values, StoreTable.transactions) }
        for key in plan.answered { try execute("DELETE FROM jobs WHERE id = ?", [key.jobID]) }
        for (key, askedAt) in plan.asked {
            let job = Job(fetching: key, askedAt: askedAt)
            try SQLiteSession(db).execute(JobRow.inserting(job, onConflict: JobRow.retryingFailed))
        }
    }

    private func put(_ values: [SQLValue], _ table: StoreTable) throws {
        try SQLiteSession(db).execute(SQLStatement(table.putting(.sqlite, prefix: tables.prefix), values))
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
