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

    /// What of that which is missing is to be asked of Stripe.
    enum Asking {
        case nothing
        /// What was not missing before the event.
        case whatIsNew
        case everything
    }

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
    func project(_ prepared: PreparedEvent, asking: Asking) throws -> Int {
        let account = prepared.event.account
        let work = WorkRequests(account: account, now: prepared.receivedAt, db: db)
        if asking != .nothing, let question = prepared.question { try work.ask([question]) }
        for customer in prepared.customers {
            let merged = try merge(customer: customer, account: account)
            guard asking != .nothing else { continue }
            try work.settle(
                [customer.reference],
                missing: merged.isUndecided ? [.object(customer.reference)] : []
            )
        }
        guard let firstPayment = prepared.firstPayment else { return 0 }

        let records = prepared.records
        var group = try gather(records, account: account)
        let isNew = group.number == nil
        let missedBefore: [StripeQuestion] =
            if asking == .whatIsNew, let number = group.number {
                try missing(ofPayment: number, account: account)
            } else {
                []
            }
        for record in records { try write(record, into: &group, account: account) }
        guard let number = group.number else { return 0 }
        guard !isNew else {
            for row in firstPayment.rows { try upsert(row, payment: number) }
            // Nothing was asked about objects of which not even the names were known.
            if asking != .nothing { try work.ask(firstPayment.missing) }
            return firstPayment.rows.count
        }
        let payment = PaymentGroup(try self.records(ofPayment: number), account: account)
        let changed = try replaceRows(with: payment.transactions, payment: number)
        if asking != .nothing {
            let missing = payment.missing
            let new = missing.filter { !missedBefore.contains($0) }
            try work.settle(records.map(\.reference), missing: missing, asking: new)
        }
        return changed
    }

    // MARK: Objects

    /// The payment that some records belong to, and what was known of them.
    private struct Gathered {
        /// `nil` until the first object of a new payment is written.
        var number: Int64?
        var known: [ObjectReference: ObjectRecord]
        var stored: [ObjectReference: Int64]
    }

    /// Finds the payment of `records`; where they connect several, those become one.
    private func gather(_ records: [ObjectRecord], account: String?) throws -> Gathered {
        var found: [ObjectReference: Stored] = [:]
        for record in records { found[record.reference] = try stored(record.reference, account: account) }
        let numbers = Set(found.values.map(\.payment))
        guard let number = numbers.min() else { return Gathered(number: nil, known: [:], stored: [:]) }
        for other in numbers where other != number {
            try execute("UPDATE \(tables.objects) SET payment = ? WHERE payment = ?", [number, other])
            try execute("UPDATE \(tables.transactions) SET payment = ? WHERE payment = ?", [number, other])
        }
        return Gathered(
            number: number,
            known: found.mapValues(\.record),
            stored: found.mapValues(\.sequence)
        )
    }

    private func stored(_ reference: ObjectReference, account: String?) throws -> Stored? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, payment, kind, id, snapshot, shown_at, livemode, api_version, links, undecided
                FROM \(tables.objects)
                WHERE account = ? AND kind = ? AND id = ?
                """
        )
        let arguments: StatementArguments = [account ?? "", reference.kind.rawValue, reference.id]
        guard let row = try Row.fetchOne(statement, arguments: arguments) else { return nil }
        return Stored(sequence: row[0], payment: row[1], record: try ObjectRow.record(row))
    }

    private func missing(ofPayment payment: Int64, account: String?) throws -> [StripeQuestion] {
        PaymentGroup(try records(ofPayment: payment), account: account).missing
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
                SET snapshot = ?, shown_at = ?, livemode = ?, api_version = ?, links = ?, undecided = ?
                WHERE sequence = ?
                """,
                arguments + [sequence]
            )
        } else {
            try execute(
                """
                INSERT INTO \(tables.objects)
                    (snapshot, shown_at, livemode, api_version, links, undecided, account, kind, id, payment)
                VALUES (
                    ?, ?, ?, ?, ?, ?, ?, ?, ?,
                    coalesce(?, (SELECT coalesce(max(sequence), 0) + 1 FROM \(tables.objects)))
                )
                """,
                arguments + [account ?? "", reference.kind.rawValue, reference.id, group.number]
            )
            // A payment has the number of the row that its first object gets, which is one more than the last.
            if group.number == nil { group.number = db.lastInsertedRowID }
        }
    }

    /// Keeps which user of Console a customer belongs to.
    private func merge(customer record: ObjectRecord, account: String?) throws -> ObjectRecord {
        var group = Gathered(number: 0, known: [:], stored: [:])
        if let stored = try stored(record.reference, account: account) {
            group.known[record.reference] = stored.record
            group.stored[record.reference] = stored.sequence
        }
        try write(record, into: &group, account: account)
        let merged = group.known[record.reference] ?? record
        guard case .customer(let customer) = merged.snapshot?.object else { return merged }
        try execute(
            """
            INSERT INTO \(tables.customers) (id, account, console_user)
            VALUES (?, ?, ?)
            ON CONFLICT (account, id) DO UPDATE SET console_user = excluded.console_user
            """,
            [customer.id, account ?? "", customer.consoleUser]
        )
        return merged
    }

    // MARK: Rows

    /// - Returns: How many rows were made, changed or taken away.
    private func replaceRows(with rows: [Transaction], payment: Int64) throws -> Int {
        var changed = 0
        var standing = try standingBodies(ofPayment: payment)
        for row in rows {
            let body = TransactionRow.encode(row)
            if standing.removeValue(forKey: row.id) == body { continue }
            try upsert(TransactionRow(row, body: body), payment: payment)
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

    private func upsert(_ row: TransactionRow, payment: Int64) throws {
        let transaction = row.transaction
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
                transaction.id, payment, transaction.type.rawValue, transaction.status,
                transaction.created.unixSeconds, transaction.customer, transaction.currency.code,
                row.searchText, row.body,
            ]
        )
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
