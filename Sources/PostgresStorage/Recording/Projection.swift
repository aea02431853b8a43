import Billing
import Database
import PostgresClient
import Storage

/// The SQL with which the projection reads and writes the derived tables.
struct Projection {
    let tables: ProjectionTables

    static let live = Projection(tables: .live)
    static let rebuilt = Projection(tables: .rebuilt)

    private var prefix: String { tables.prefix }

    // MARK: Reading

    private static let objectColumns = StoreTable.objects.columns.map { "o." + $0.name }.joined(
        separator: ", "
    )

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
                SELECT \(StoredTransaction.columns)
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
        for row in try answers[1].decoded(StoredTransaction.read) { standing.add(row) }
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
        if !plan.objects.isEmpty {
            // In the order of the key, in which other replicas lock the rows too.
            let objects = plan.objects.sorted { $0.key.reference < $1.key.reference }
            commands.append(putting(objects.map(\.values), into: .objects))
        }
        if !plan.customers.isEmpty { commands.append(writing(plan.customers)) }
        if !plan.removedRows.isEmpty {
            commands.append(
                Command(
                    "DELETE FROM \(prefix)transactions WHERE id = ANY($1)",
                    [.texts(Array(plan.removedRows))]
                )
            )
        }
        if !plan.rows.isEmpty {
            commands.append(putting(plan.rows.values.map(\.values), into: .transactions))
        }
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

    /// Adds or replaces rows, each given by its values in the order of the table's columns.
    private func putting(_ rows: [[SQLValue]], into table: StoreTable) -> Command {
        let (arrays, parameters) = Parameter.columns(rows, table.columns)
        return Command(table.putting("SELECT * FROM unnest(\(arrays))", prefix: prefix), parameters)
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
}

extension IncomingEvent {
    fileprivate func keys(_ references: [ObjectReference]) -> [ObjectKey] {
        references.map { ObjectKey($0, account: event.account) }
    }
}
