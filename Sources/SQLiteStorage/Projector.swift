import Billing
import Database
import Storage

/// Updates the derived tables for each event.
///
/// The projector reads the current state of the event's payments, and writes the changes of a
/// ``ProjectionPlan``.
struct Projector {
    private let tables: ProjectionTables
    private let projection: ProjectionPolicy
    private let session: SQLiteSession
    private let putObject: String
    private let putTransaction: String
    /// Whether an unreadable snapshot counts as missing: true while the log is being read again.
    private var isDerivingAgain = false

    init(tables: ProjectionTables, projection: ProjectionPolicy, session: SQLiteSession) {
        self.tables = tables
        self.projection = projection
        self.session = session
        (putObject, putTransaction) = tables.prefix.isEmpty ? Self.livePuts : Self.puts(tables)
    }

    private static let livePuts = puts(.live)

    /// The statements that write an object and a transaction.
    private static func puts(_ tables: ProjectionTables) -> (object: String, transaction: String) {
        func put(_ table: StoreTable) -> String {
            let numbers = table.columns.indices.map { "$\($0 + 1)" }
            return table.putting("VALUES (\(numbers.joined(separator: ", ")))", prefix: tables.prefix)
        }
        return (put(.objects), put(.transactions))
    }

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
        let next = Query("SELECT coalesce(max(payment), 0) + 1 AS next FROM \(tables.objects)") { row in
            try row.int("next")
        }
        return try session.row(next) ?? 1
    }

    private func standing(_ event: IncomingEvent) throws -> CurrentPayments {
        let account = event.event.account
        var standing = CurrentPayments()
        for customer in event.customers.map(\.reference) + event.namedCustomers {
            let key = ObjectKey(customer, account: account)
            try objects("account = $1 AND kind = $2 AND id = $3", key.values).forEach { standing.add($0) }
        }
        let payments = Set(
            try event.records.compactMap { try payment(of: ObjectKey($0.reference, account: account)) }
        )
        for payment in payments {
            try objects("payment = $1", [.int(payment)]).forEach { standing.add($0) }
            let rows = try session.rows(StoredTransaction.ofPayment(payment, prefix: tables.prefix))
            for row in rows { standing.add(row) }
        }
        return standing
    }

    private func objects(_ condition: String, _ values: [SQLValue]) throws -> [StoredObject] {
        let sql = "SELECT \(StoredObject.columns) FROM \(tables.objects) WHERE \(condition)"
        return try session.rows(Query(sql, values, decode: StoredObject.read)).compactMap(\.self)
    }

    private func payment(of key: ObjectKey) throws -> Int64? {
        try session.row(
            Query(
                "SELECT payment FROM \(tables.objects) WHERE account = $1 AND kind = $2 AND id = $3",
                key.values
            ) { try $0.int("payment") }
        )
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
        try execute("DELETE FROM \(tables.transactions) WHERE payment = $1", [.int(payment)])
        try deriveAgain("payment = $1 AND account = $2", .int(payment), account: account)
    }

    /// Derives the objects that meet a condition about `$1`, a value, and `$2`, the account.
    private func deriveAgain(_ objects: String, _ value: SQLValue, account: String) throws {
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
                "UPDATE events SET disposition = $1, reason = $2, object_id = $3 WHERE sequence = $4",
                [
                    .text(event.disposition.rawValue), .text(orNull: event.reason),
                    .text(orNull: event.objectID), .int(stored.sequence),
                ]
            )
        }
        return changed
    }

    // MARK: Writing

    private func write(_ plan: ProjectionPlan) throws {
        for (gone, kept) in plan.merged {
            for table in [tables.objects, tables.transactions] {
                try execute("UPDATE \(table) SET payment = $1 WHERE payment = $2", [.int(kept), .int(gone)])
            }
        }
        for object in plan.objects { try execute(putObject, object.values) }
        for (key, user) in plan.customers {
            try execute(
                """
                INSERT INTO \(tables.customers) (id, account, console_user)
                VALUES ($1, $2, $3)
                ON CONFLICT (account, id) DO UPDATE SET console_user = excluded.console_user
                """,
                [.text(key.reference.id), .text(key.account), .text(orNull: user)]
            )
        }
        for id in plan.removedRows {
            try execute("DELETE FROM \(tables.transactions) WHERE id = $1", [.text(id)])
        }
        for row in plan.rows.values { try execute(putTransaction, row.values) }
        for key in plan.answered { try execute("DELETE FROM jobs WHERE id = $1", [.text(key.jobID)]) }
        for (key, askedAt) in plan.asked {
            let job = Job(fetching: key, askedAt: askedAt)
            try session.execute(JobRow.inserting(job, onConflict: JobRow.retryingFailed))
        }
    }

    private func execute(_ sql: String, _ values: [SQLValue]) throws {
        try session.execute(SQLStatement(sql, values))
    }
}
