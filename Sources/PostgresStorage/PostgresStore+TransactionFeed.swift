package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func page(
        _ filter: TransactionFilter,
        cursor: Storage.Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>? {
        try await run("reading the feed") { connection throws(PostgresFailure) in
            var conditions = Conditions(filter)
            var isBackwards = false
            var offset = 0
            switch cursor {
            case .start: break
            case .offset(let rows): offset = rows
            case .startingAfter(let id), .endingBefore(let id):
                // A row of another customer must look like a row that does not exist.
                let found = try connection.execute(
                    Command("SELECT created, customer, account FROM transactions WHERE id = $1", [.text(id)])
                )
                guard found.count == 1 else { return nil }
                if case .customers(let customers) = filter.reach {
                    let owner = found.optionalText(0, 1).map {
                        CustomerKey($0, account: found.text(0, 2).orNil)
                    }
                    guard let owner, customers.contains(owner) else { return nil }
                }
                if case .endingBefore = cursor { isBackwards = true }
                let comparison = isBackwards ? ">" : "<"
                conditions.add("(created, id) \(comparison) (?, ?)", .int(found.int(0, 0)), .text(id))
            }
            let direction = isBackwards ? "ASC" : "DESC"
            let rows = try connection.execute(
                conditions.command { condition in
                    """
                    SELECT body
                    FROM transactions
                    \(condition)
                    ORDER BY created \(direction), id \(direction)
                    LIMIT \(limit + 1) OFFSET \(offset)
                    """
                }
            )
            var page: [Transaction] = []
            for row in 0..<min(rows.count, limit) { page.append(try Transaction(body: rows, row)) }
            return Page(elements: isBackwards ? page.reversed() : page, hasMore: rows.count > limit)
        }
    }

    package func count(_ filter: TransactionFilter) async throws(StoreError) -> Int {
        try await run("counting the feed") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Conditions(filter).command { "SELECT count(*) FROM transactions \($0)" }
            )
            return rows.count == 1 ? Int(rows.int(0, 0)) : 0
        }
    }

    package func transaction(id: String, within reach: Reach) async throws(StoreError) -> Transaction? {
        try await run("reading a transaction") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command("SELECT body FROM transactions WHERE id = $1", [.text(id)])
            )
            let row = rows.count == 1 ? try Transaction(body: rows, 0) : nil
            return row.flatMap { reach.includes($0) ? $0 : nil }
        }
    }

    package func payment(
        ofTransaction id: String,
        within reach: Reach
    ) async throws(StoreError) -> PaymentDetail? {
        try await run("reading a payment") { connection throws(PostgresFailure) in
            // The statements see one state of the database, even if events are recorded between them.
            let answers: [Rows]
            do throws(PostgresFailure) {
                answers = try connection.execute([
                    Command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                    Command("SELECT body FROM transactions WHERE id = $1", [.text(id)]),
                    Projection.live.objects(ofTransaction: id),
                    Self.events(ofTransaction: id),
                    Command("COMMIT"),
                ])
            } catch {
                connection.rollBack()
                throw error
            }
            guard answers.count == 5 else { throw .unexpected }
            guard answers[1].count == 1 else { return nil }
            let transaction = try Transaction(body: answers[1], 0)
            guard reach.includes(transaction) else { return nil }
            let records = (0..<answers[2].count).compactMap { ObjectRow.record(answers[2], $0)?.record }
            return PaymentDetail(
                transaction: transaction,
                group: PaymentGroup(records, account: transaction.account),
                events: answers[3].map { answers[3].text($0, 0) }
            )
        }
    }

    private static func events(ofTransaction id: String) -> Command {
        Command(
            """
            SELECT e.id
            FROM events e
            WHERE e.object_id IN (
                SELECT o.id
                FROM objects o
                WHERE o.payment = (SELECT t.payment FROM transactions t WHERE t.id = $1))
                AND e.disposition = 'projected'
            ORDER BY e.sequence
            LIMIT 1000
            """,
            [.text(id)]
        )
    }
}

extension Conditions {
    fileprivate init(_ filter: TransactionFilter) {
        if case .customers(let customers) = filter.reach {
            // Usually all customers belong to one account. An empty list matches no row.
            let accounts = Dictionary(grouping: customers, by: { $0.account ?? "" })
            let alternatives = accounts.values.map { customers in
                "(customer IN (\(customers.map { _ in "?" }.joined(separator: ", "))) AND account = ?)"
            }
            add(
                alternatives.isEmpty ? "FALSE" : "(\(alternatives.joined(separator: " OR ")))",
                accounts.flatMap { $1.map { .text($0.customer) } + [.text($0)] }
            )
        }
        add("type IN (\(filter.types.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")))")
        if let status = filter.status { add("status = ?", .text(status)) }
        if let currency = filter.currency { add("currency = ?", .text(currency.code)) }
        if let from = filter.createdFrom { add("created >= ?", .int(from.unixSeconds)) }
        if let to = filter.createdTo { add("created <= ?", .int(to.unixSeconds)) }
        if let search = filter.search {
            add("strpos(search, ?) > 0", .text(search.lowercased()))
        }
    }
}

extension Transaction {
    fileprivate init(body rows: Rows, _ row: Int) throws(PostgresFailure) {
        guard let decoded = try? TransactionCoding.decode(rows.raw(row, 0).bindMemory(to: UInt8.self)) else {
            throw .corrupt
        }
        self = decoded
    }
}
