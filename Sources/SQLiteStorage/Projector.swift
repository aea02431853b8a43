import Billing
import Foundation
import GRDB
import Storage

/// Keeps the derived tables in step with the log: merges what an event shows into what is known of its
/// objects, and derives the rows of their payment anew.
struct Projector {
    /// An object as it stands in the database.
    private struct Stored {
        let sequence: Int64
        let payment: Int64
        let record: ObjectRecord
    }

    /// How long Stripe is given to send the missing object by itself before it is asked for.
    static let patienceSeconds: Int64 = 15

    let tables: ProjectionTables
    let db: Database

    /// Merges what an event shows, and derives the rows of its payment anew.
    ///
    /// - Parameters:
    ///   - prepared: The event.
    ///   - asksForWork: Whether objects that are missing are to be fetched from Stripe later.
    /// - Returns: How many rows of the feed are other than they stood.
    /// - Throws: `DatabaseError`; the caller's database transaction is then to be rolled back.
    @discardableResult
    func project(_ prepared: PreparedEvent, asksForWork: Bool) throws -> Int {
        let account = prepared.event.account
        let (customers, records) = split(prepared.records)
        for customer in customers { try merge(customer: customer, account: account) }
        guard !records.isEmpty else { return 0 }

        var group = try gather(records, account: account)
        for record in records { try write(record, into: &group, account: account) }
        let payment = PaymentGroup(
            group.isNew ? group.known.values.map(\.self) : try self.records(ofPayment: group.number),
            account: account
        )
        let changed = try replaceRows(with: payment.transactions, payment: group.number, isNew: group.isNew)
        if asksForWork {
            try ask(for: payment.missing, told: records, account: account, now: prepared.receivedAt)
        }
        return changed
    }

    /// Customers make no payment one: their objects would join all their payments into one group.
    private func split(_ records: [ObjectRecord]) -> (customers: [ObjectRecord], others: [ObjectRecord]) {
        (records.filter { $0.reference.kind == .customer }, records.filter { $0.reference.kind != .customer })
    }

    // MARK: Objects

    /// The payment that some records belong to, and what was known of them.
    private struct Gathered {
        var number: Int64
        var isNew: Bool
        var known: [ObjectReference: ObjectRecord]
        var stored: [ObjectReference: Int64]
    }

    /// Finds the payment of `records`; where they connect several, those become one.
    private func gather(_ records: [ObjectRecord], account: String?) throws -> Gathered {
        var found: [ObjectReference: Stored] = [:]
        for record in records { found[record.reference] = try stored(record.reference, account: account) }
        let numbers = Set(found.values.map(\.payment))
        guard let number = numbers.min() else {
            return Gathered(number: try nextPayment(), isNew: true, known: [:], stored: [:])
        }
        for other in numbers where other != number {
            try execute("UPDATE \(tables.objects) SET payment = ? WHERE payment = ?", [number, other])
            try execute("UPDATE \(tables.transactions) SET payment = ? WHERE payment = ?", [number, other])
        }
        return Gathered(
            number: number,
            isNew: false,
            known: found.mapValues(\.record),
            stored: found.mapValues(\.sequence)
        )
    }

    private func nextPayment() throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT max(sequence) FROM \(tables.objects)")
        return (try Int64.fetchOne(statement) ?? 0) + 1
    }

    private func stored(_ reference: ObjectReference, account: String?) throws -> Stored? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, payment, kind, id, snapshot, shown_at, livemode, api_version, links
                FROM \(tables.objects)
                WHERE account = ? AND kind = ? AND id = ?
                """
        )
        let arguments: StatementArguments = [account ?? "", reference.kind.rawValue, reference.id]
        guard let row = try Row.fetchOne(statement, arguments: arguments) else { return nil }
        return Stored(sequence: row[0], payment: row[1], record: try ObjectRow.record(row))
    }

    private func records(ofPayment payment: Int64) throws -> [ObjectRecord] {
        try ObjectRow.records(ofPayment: payment, in: tables, db)
    }

    private func write(_ record: ObjectRecord, into group: inout Gathered, account: String?) throws {
        let reference = record.reference
        let before = group.known[reference]
        let merged = before?.merging(record) ?? record
        group.known[reference] = merged
        if merged == before { return }
        let arguments = ObjectRow.arguments(merged)
        if let sequence = group.stored[reference] {
            try execute(
                """
                UPDATE \(tables.objects)
                SET snapshot = ?, shown_at = ?, livemode = ?, api_version = ?, links = ?
                WHERE sequence = ?
                """,
                arguments + [sequence]
            )
        } else {
            try execute(
                """
                INSERT INTO \(tables.objects)
                    (snapshot, shown_at, livemode, api_version, links, account, kind, id, payment)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                arguments + [account ?? "", reference.kind.rawValue, reference.id, group.number]
            )
        }
    }

    /// Keeps which user of Console a customer belongs to.
    private func merge(customer record: ObjectRecord, account: String?) throws {
        var group = Gathered(number: 0, isNew: false, known: [:], stored: [:])
        if let stored = try stored(record.reference, account: account) {
            group.known[record.reference] = stored.record
            group.stored[record.reference] = stored.sequence
        }
        try write(record, into: &group, account: account)
        guard case .customer(let customer) = group.known[record.reference]?.snapshot?.object else { return }
        try execute(
            """
            INSERT INTO \(tables.customers) (id, account, console_user)
            VALUES (?, ?, ?)
            ON CONFLICT (account, id) DO UPDATE SET console_user = excluded.console_user
            """,
            [customer.id, account ?? "", customer.consoleUser]
        )
    }

    // MARK: Rows

    /// - Returns: How many rows were made, changed or taken away.
    private func replaceRows(with rows: [Transaction], payment: Int64, isNew: Bool) throws -> Int {
        var changed = 0
        var standing = isNew ? [:] : try standingBodies(ofPayment: payment)
        for row in rows {
            let body = try TransactionRow.encode(row)
            if standing.removeValue(forKey: row.id) == body { continue }
            try upsert(row, body: body, payment: payment)
            changed += 1
        }
        for gone in standing.keys {
            try execute("DELETE FROM \(tables.transactions) WHERE id = ?", [gone])
        }
        return changed + standing.count
    }

    private func standingBodies(ofPayment payment: Int64) throws -> [String: Data] {
        let statement = try db.cachedStatement(
            sql: "SELECT id, body FROM \(tables.transactions) WHERE payment = ?"
        )
        let rows = try Row.fetchAll(statement, arguments: [payment])
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, $0[1] as Data) })
    }

    private func upsert(_ row: Transaction, body: Data, payment: Int64) throws {
        try execute(
            """
            INSERT INTO \(tables.transactions)
                (id, payment, type, status, created, customer, currency, search, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                payment = excluded.payment, type = excluded.type, status = excluded.status,
                created = excluded.created, customer = excluded.customer, currency = excluded.currency,
                search = excluded.search, body = excluded.body
            """,
            [
                row.id, payment, row.type.rawValue, row.status, row.created.unixSeconds, row.customer,
                row.currency.code, TransactionRow.searchText(row), body,
            ]
        )
    }

    // MARK: Work

    /// Asks for what is missing, and takes back what was asked for and has come by itself since.
    ///
    /// What was given up is asked for again: something new is known of its payment.
    private func ask(
        for missing: [ObjectReference],
        told records: [ObjectRecord],
        account: String?,
        now: Instant
    ) throws {
        for record in records where !missing.contains(record.reference) {
            try execute(
                "DELETE FROM work WHERE account = ? AND kind = ? AND id = ?",
                [account ?? "", record.reference.kind.rawValue, record.reference.id]
            )
        }
        for reference in missing {
            try execute(
                """
                INSERT INTO work (account, kind, id, due_at)
                VALUES (?, ?, ?, ?)
                ON CONFLICT (account, kind, id) DO UPDATE
                SET due_at = excluded.due_at, attempts = 0, gave_up = 0, reason = NULL
                WHERE gave_up = 1
                """,
                [
                    account ?? "", reference.kind.rawValue, reference.id,
                    now.adding(seconds: Self.patienceSeconds).unixSeconds,
                ]
            )
        }
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
