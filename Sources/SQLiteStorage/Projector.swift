import Billing
import Foundation
import GRDB
import Storage

/// Keeps the derived tables in step with the log: reads what stands there of an event's payments, and writes what
/// ``ProjectionPlan`` makes of it.
struct Projector {
    let tables: ProjectionTables
    let db: Database

    /// Merges what an event shows, and derives the rows of its payment anew.
    ///
    /// - Parameters:
    ///   - prepared: The event.
    ///   - asking: What of that which is missing is to be asked of Stripe later.
    /// - Returns: How many rows of the feed are other than they stood.
    /// - Throws: `DatabaseError`; the caller's database transaction is then to be rolled back.
    @discardableResult
    func project(_ prepared: PreparedEvent, asking: ProjectionPlan.Asking) throws -> Int {
        let hasPayment = !prepared.records.isEmpty
        guard hasPayment || !prepared.customers.isEmpty || prepared.question != nil else { return 0 }
        let number = hasPayment ? try nextNumber() : 0
        let plan = ProjectionPlan(
            [ProjectionPlan.Entry(prepared, asking: asking, payment: number)],
            standing: try standing(prepared)
        )
        try write(plan)
        return plan.changedRows
    }

    // MARK: Reading

    /// A payment has the number of the row that its first object gets, which is one more than the last.
    private func nextNumber() throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: "SELECT coalesce(max(sequence), 0) + 1 FROM \(tables.objects)"
        )
        return try Int64.fetchOne(statement) ?? 1
    }

    private func standing(_ prepared: PreparedEvent) throws -> StandingPayments {
        let account = prepared.event.account
        var standing = StandingPayments()
        for customer in prepared.customers.map(\.reference) + prepared.namedCustomers {
            let key = ObjectKey(customer, account: account)
            if let object = try object(key) { standing.objects[key] = object }
        }
        let payments = Set(
            try prepared.records.compactMap { try payment(of: ObjectKey($0.reference, account: account)) }
        )
        for payment in payments {
            for record in try ObjectRow.records(ofPayment: payment, in: tables, db) {
                standing.objects[ObjectKey(record.reference, account: account)] = StandingPayments.Object(
                    payment: payment,
                    record: record
                )
            }
            standing.rows[payment] = try bodies(ofPayment: payment)
        }
        return standing
    }

    private func payment(of key: ObjectKey) throws -> Int64? {
        let statement = try db.cachedStatement(
            sql: "SELECT payment FROM \(tables.objects) WHERE account = ? AND kind = ? AND id = ?"
        )
        return try Int64.fetchOne(statement, arguments: Self.arguments(key))
    }

    func object(_ key: ObjectKey) throws -> StandingPayments.Object? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT payment, kind, id, snapshot, shown_at, livemode, api_version, links, undecided
                FROM \(tables.objects)
                WHERE account = ? AND kind = ? AND id = ?
                """
        )
        return try Row.fetchOne(statement, arguments: Self.arguments(key)).map { row in
            StandingPayments.Object(payment: row[0], record: try ObjectRow.record(row))
        }
    }

    private func bodies(ofPayment payment: Int64) throws -> [String: [UInt8]] {
        let statement = try db.cachedStatement(
            sql: "SELECT id, body FROM \(tables.transactions) WHERE payment = ?"
        )
        let rows = try Row.fetchAll(statement, arguments: [payment])
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, Array($0[1] as Data)) })
    }

    private static func arguments(_ key: ObjectKey) -> StatementArguments {
        [key.account, key.reference.kind.rawValue, key.reference.id]
    }

    // MARK: Writing

    private func write(_ plan: ProjectionPlan) throws {
        for (gone, kept) in plan.merged {
            try execute("UPDATE \(tables.objects) SET payment = ? WHERE payment = ?", [kept, gone])
            try execute("UPDATE \(tables.transactions) SET payment = ? WHERE payment = ?", [kept, gone])
        }
        for (key, object) in plan.objects { try write(object, key) }
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
        for (row, payment) in plan.rows.values { try write(row, payment: payment) }
        for key in plan.answered {
            try execute(
                "DELETE FROM work WHERE account = ? AND kind = ? AND id = ?",
                [key.account, key.question.topic, key.question.subject]
            )
        }
        for (key, due) in plan.asked { try ask(key, due) }
    }

    private func write(_ object: StandingPayments.Object, _ key: ObjectKey) throws {
        try execute(
            """
            INSERT INTO \(tables.objects)
                (snapshot, shown_at, livemode, api_version, links, undecided, account, kind, id, payment)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, kind, id) DO UPDATE SET
                snapshot = excluded.snapshot, shown_at = excluded.shown_at, livemode = excluded.livemode,
                api_version = excluded.api_version, links = excluded.links, undecided = excluded.undecided,
                payment = excluded.payment
            """,
            ObjectRow.arguments(object.record) + Self.arguments(key) + [object.payment]
        )
    }

    private func write(_ row: TransactionRow, payment: Int64) throws {
        let transaction = row.transaction
        try execute(
            """
            INSERT INTO \(tables.transactions)
                (id, payment, type, status, created, customer, currency, search, body, account)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                payment = excluded.payment, type = excluded.type, status = excluded.status,
                created = excluded.created, customer = excluded.customer, currency = excluded.currency,
                search = excluded.search, body = excluded.body, account = excluded.account
            """,
            [
                transaction.id, payment, transaction.type.rawValue, transaction.status,
                transaction.created.unixSeconds, transaction.customer, transaction.currency.code,
                row.searchText, Data(row.body), transaction.account ?? "",
            ]
        )
    }

    /// Asks, unless that is asked already.
    ///
    /// What was given up is asked for again: something new is known of its payment.
    private func ask(_ key: QuestionKey, _ due: Instant) throws {
        try execute(
            """
            INSERT INTO work (account, kind, id, due_at)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (account, kind, id) DO UPDATE
            SET due_at = excluded.due_at, attempts = 0, gave_up = 0, reason = NULL
            WHERE gave_up = 1
            """,
            [key.account, key.question.topic, key.question.subject, due.unixSeconds]
        )
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
