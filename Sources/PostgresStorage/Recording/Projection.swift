import Billing
import PostgresClient
import Storage

/// The SQL with which the projection reads and writes the derived tables.
struct Projection {
    let tables: ProjectionTables

    static let live = Projection(tables: .live)
    static let rebuilt = Projection(tables: .rebuilt)

    private var prefix: String { tables.prefix }

    // MARK: Reading

    private static let objectColumns = StoredObject.names.map { "o." + $0 }.joined(separator: ", ")

    /// The payments of the objects that the first three parameters name.
    private var paymentsOfNamed: String {
        """
        SELECT f.payment
        FROM unnest($1::text[], $2::text[], $3::text[]) AS t (account, kind, id)
        JOIN \(prefix)objects f ON f.account = t.account AND f.kind = t.kind AND f.id = t.id
        """
    }

    private static func parameters(_ named: Set<ObjectKey>) -> [Parameter] {
        [
            .texts(named.map(\.account)), .texts(named.map(\.reference.kind.rawValue)),
            .texts(named.map(\.reference.id)),
        ]
    }

    /// The queries that a plan needs: the objects of all payments that the events touch, and the rows of
    /// these payments.
    func reading(_ events: [IncomingEvent]) -> [Command] {
        let told = Set(events.flatMap { $0.keys($0.records.map(\.reference)) })
        let customers = Set(
            events.flatMap { $0.keys($0.customers.map(\.reference) + $0.namedCustomers) }
        )
        guard !told.isEmpty || !customers.isEmpty else { return [] }
        let named = Self.parameters(told)
        return [
            objects(ofPaymentsWith: told, customers: customers),
            Command(
                """
                SELECT r.payment, r.id, r.body
                FROM \(prefix)transactions r
                WHERE r.payment IN (\(paymentsOfNamed))
                """,
                named
            ),
        ]
    }

    /// Decodes the results of ``reading(_:)``.
    func standing(_ answers: [Rows]) throws(PostgresFailure) -> CurrentPayments {
        var standing = CurrentPayments()
        guard answers.count == 2 else { return standing }
        for object in try answers[0].decoded(StoredObject.read) {
            if let object { standing.add(object) }
        }
        let rows = try answers[1].decoded { row in
            (payment: try row.int("payment"), id: try row.text("id"), body: try row.bytes("body"))
        }
        for row in rows { standing.rows[row.payment, default: [:]][row.id] = row.body }
        return standing
    }

    /// The objects of a transaction's payment.
    func objects(ofTransaction id: String) -> Command {
        Command(
            """
            SELECT \(Self.objectColumns)
            FROM \(prefix)objects o
            WHERE o.payment = (SELECT t.payment FROM \(prefix)transactions t WHERE t.id = $1)
            """,
            [.text(id)]
        )
    }

    /// All objects of the payments that some objects belong to, and some customers, which belong to no
    /// payment.
    private func objects(ofPaymentsWith told: Set<ObjectKey>, customers: Set<ObjectKey>) -> Command {
        Command(
            """
            SELECT \(Self.objectColumns)
            FROM \(prefix)objects o
            WHERE o.payment IN (\(paymentsOfNamed))
            UNION ALL
            SELECT \(Self.objectColumns)
            FROM unnest($4::text[], $5::text[]) AS c (account, id)
            JOIN \(prefix)objects o ON o.account = c.account AND o.kind = 'customer' AND o.id = c.id
            """,
            Self.parameters(told)
                + [.texts(customers.map(\.account)), .texts(customers.map(\.reference.id))]
        )
    }

    func objects(
        ofPaymentsWith references: [ObjectReference],
        customers: [ObjectReference],
        account: String?
    ) -> Command {
        func keys(_ references: [ObjectReference]) -> Set<ObjectKey> {
            Set(references.map { ObjectKey($0, account: account) })
        }
        return objects(ofPaymentsWith: keys(references), customers: keys(customers))
    }

    // MARK: Writing

    /// The statements that write a plan, one per kind of row.
    func writing(_ plan: ProjectionPlan) -> [Command] {
        var commands: [Command] = []
        if !plan.merged.isEmpty { commands += merging(plan.merged) }
        if !plan.objects.isEmpty { commands.append(writing(plan.objects.values)) }
        if !plan.customers.isEmpty { commands.append(writing(plan.customers)) }
        if !plan.removedRows.isEmpty {
            commands.append(
                Command(
                    "DELETE FROM \(prefix)transactions WHERE id = ANY($1)",
                    [.texts(Array(plan.removedRows))]
                )
            )
        }
        if !plan.rows.isEmpty { commands.append(writing(Array(plan.rows.values))) }
        if !plan.answered.isEmpty { commands.append(FetchStatements.deleting(plan.answered)) }
        if !plan.asked.isEmpty { commands.append(FetchStatements.asking(plan.asked)) }
        return commands
    }

    private func merging(_ merged: [Int64: Int64]) -> [Command] {
        ["objects", "transactions"].map { table in
            Command(
                """
                UPDATE \(prefix)\(table) o
                SET payment = m.kept
                FROM unnest($1::bigint[], $2::bigint[]) AS m (gone, kept)
                WHERE o.payment = m.gone
                """,
                [.ints(Array(merged.keys)), .ints(Array(merged.values))]
            )
        }
    }

    private func writing(_ objects: some Collection<StoredObject>) -> Command {
        let entries = objects.sorted { $0.key.reference < $1.key.reference }
        let snapshots = entries.map(\.record.snapshot)
        return Command(
            """
            INSERT INTO \(prefix)objects
                (account, kind, id, payment, snapshot, shown_at, livemode, api_version, links, undecided)
            SELECT * FROM unnest(
                $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::bigint[], $7::bool[],
                $8::text[], $9::text[], $10::bool[])
            ON CONFLICT (account, kind, id) DO UPDATE SET
                payment = excluded.payment, snapshot = excluded.snapshot, shown_at = excluded.shown_at,
                livemode = excluded.livemode, api_version = excluded.api_version, links = excluded.links,
                undecided = excluded.undecided
            """,
            [
                .texts(entries.map(\.key.account)), .texts(entries.map(\.key.reference.kind.rawValue)),
                .texts(entries.map(\.key.reference.id)), .ints(entries.map(\.payment)),
                .byteStrings(snapshots.map { $0?.stored }),
                .ints(snapshots.map { $0?.observedAt.unixSeconds }),
                .bools(snapshots.map { $0?.livemode }), .texts(snapshots.map { $0?.apiVersion }),
                .texts(entries.map { LinkCoding.encode($0.record.links) }),
                .bools(entries.map(\.record.isAmbiguous)),
            ]
        )
    }

    private func writing(_ customers: [ObjectKey: String?]) -> Command {
        let entries = Array(customers)
        return Command(
            """
            INSERT INTO \(prefix)customers (account, id, console_user)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
            ON CONFLICT (account, id) DO UPDATE SET console_user = excluded.console_user
            """,
            [
                .texts(entries.map(\.key.account)), .texts(entries.map(\.key.reference.id)),
                .texts(entries.map(\.value)),
            ]
        )
    }

    private func writing(_ rows: [(row: TransactionRow, payment: Int64)]) -> Command {
        let transactions = rows.map(\.row.transaction)
        return Command(
            """
            INSERT INTO \(prefix)transactions
                (id, payment, type, status, created, customer, currency, search, body, account)
            SELECT * FROM unnest(
                $1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
                $8::text[], $9::bytea[], $10::text[])
            ON CONFLICT (id) DO UPDATE SET
                payment = excluded.payment, type = excluded.type, status = excluded.status,
                created = excluded.created, customer = excluded.customer, currency = excluded.currency,
                search = excluded.search, body = excluded.body, account = excluded.account
            """,
            [
                .texts(transactions.map(\.id)), .ints(rows.map(\.payment)),
                .texts(transactions.map(\.type.rawValue)), .texts(transactions.map(\.status)),
                .ints(transactions.map(\.created.unixSeconds)), .texts(transactions.map(\.customer)),
                .texts(transactions.map(\.currency.code)),
                .texts(rows.map(\.row.searchText)), .byteStrings(rows.map(\.row.body)),
                .texts(transactions.map { $0.account ?? "" }),
            ]
        )
    }
}

extension IncomingEvent {
    fileprivate func keys(_ references: [ObjectReference]) -> [ObjectKey] {
        references.map { ObjectKey($0, account: event.account) }
    }
}
