package import Billing
import Database

extension SQLStore {
    package func page(
        _ filter: TransactionFilter,
        cursor: Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>? {
        try await query("reading the feed") { session in
            var edge: Feed.Edge?
            var offset = 0
            switch cursor {
            case .start: break
            case .offset(let rows): offset = rows
            case .startingAfter(let id), .endingBefore(let id):
                guard let position = try session.row(Feed.position(of: id)),
                    // A row of another customer must look like a row that does not exist.
                    filter.accessScope.includes(position.owner)
                else { return nil }
                edge = (position.created, id)
            }
            var isBackwards = false
            if case .endingBefore = cursor { isBackwards = true }
            var conditions = Conditions(
                filter,
                session.dialect,
                after: isBackwards ? edge : nil,
                before: isBackwards ? nil : edge
            )
            let direction = isBackwards ? "ASC" : "DESC"
            // By the customer too, so that the order is that of the customer's index: along all rows from the
            // newest on the customer's may be far.
            let order = filter.accessScope.onlyCustomer == nil ? "" : "customer \(direction), "
            let bounds = (
                limit: session.dialect.number(limit + 1, in: &conditions),
                offset: session.dialect.number(offset, in: &conditions)
            )
            // One row more than the page shows whether there are more; it is not decoded.
            var rows: [Transaction] = []
            var count = 0
            try session.run([
                SQLStatement(
                    """
                    SELECT body
                    FROM transactions
                    \(conditions.clause)
                    ORDER BY \(order)created \(direction), id \(direction)
                    LIMIT \(bounds.limit) OFFSET \(bounds.offset)
                    """,
                    conditions.values,
                    isPrepared: false
                )
            ]) { _, row in
                count += 1
                if count <= limit { rows.append(try Feed.transaction(row)) }
            }
            return Page(elements: isBackwards ? rows.reversed() : rows, hasMore: count > limit)
        }
    }

    package func count(_ filter: TransactionFilter) async throws(StoreError) -> Int {
        try await query("counting the feed") { session in
            let conditions = Conditions(filter, session.dialect)
            let count = try session.row(
                Query(
                    "SELECT count(*) AS rows FROM transactions \(conditions.clause)",
                    conditions.values,
                    isPrepared: false
                ) { try $0.int("rows") }
            )
            return Int(count ?? 0)
        }
    }

    package func transaction(
        id: String,
        within accessScope: AccessScope
    ) async throws(StoreError) -> Transaction? {
        try await query("reading a transaction") { session in
            let row = try session.row(Feed.transaction(id))
            return row.flatMap { accessScope.includes($0) ? $0 : nil }
        }
    }

    package func payment(
        ofTransaction id: String,
        within accessScope: AccessScope
    ) async throws(StoreError) -> PaymentDetail? {
        try await query("reading a payment") { session in
            let (rows, objects, events) = try session.rows(
                Feed.transaction(id),
                Feed.objects(ofTransaction: id),
                Feed.events(ofTransaction: id)
            )
            guard let transaction = rows.first, accessScope.includes(transaction) else { return nil }
            let records = objects.compactMap { $0?.record }
            return PaymentDetail(
                transaction: transaction,
                group: PaymentGroup(records, account: transaction.account),
                events: events
            )
        }
    }
}

private enum Feed {
    /// The row beside a page.
    typealias Edge = (created: Int64, id: String)

    @Sendable
    static func transaction(_ row: SQLRow) throws -> Transaction {
        try row.decode("body", TransactionCoding.decode)
    }

    static func transaction(_ id: String) -> Query<Transaction> {
        Query("SELECT body FROM transactions WHERE id = $1", [.text(id)], decode: transaction)
    }

    static func position(of id: String) -> Query<(created: Int64, owner: CustomerKey?)> {
        Query("SELECT created, customer, account FROM transactions WHERE id = $1", [.text(id)]) { row in
            let account = try row.text("account").orNil
            let owner = try row.optionalText("customer").map { CustomerKey($0, account: account) }
            return (try row.int("created"), owner)
        }
    }

    private static let paymentOfTransaction = "(SELECT payment FROM transactions WHERE id = $1)"

    static func objects(ofTransaction id: String) -> Query<StoredObject?> {
        Query(
            "SELECT \(StoredObject.columns) FROM objects WHERE payment = \(paymentOfTransaction)",
            [.text(id)],
            decode: StoredObject.read
        )
    }

    /// The ids of the events about the objects of a transaction's payment, at most 1000.
    static func events(ofTransaction id: String) -> Query<String> {
        Query(
            """
            SELECT id
            FROM events
            WHERE object_id IN (SELECT o.id FROM objects o WHERE o.payment = \(paymentOfTransaction))
                AND disposition = 'projected'
            ORDER BY sequence
            LIMIT 1000
            """,
            [.text(id)]
        ) { try $0.text("id") }
    }
}

extension AccessScope {
    fileprivate func includes(_ owner: CustomerKey?) -> Bool {
        switch self {
        case .anyCustomer: true
        case .customers: owner.map { self.includes($0) } ?? false
        }
    }
}

extension Conditions {
    /// The rows between two others, exclusive, which match a filter.
    fileprivate init(
        _ filter: TransactionFilter,
        _ dialect: Dialect,
        after newer: Feed.Edge? = nil,
        before older: Feed.Edge? = nil
    ) {
        self.init()
        let owner = filter.accessScope.onlyCustomer
        if let owner {
            add("account = ?", .text(owner.account ?? ""))
        } else if case .customers(let customers) = filter.accessScope {
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
        let (from, to) = (filter.createdFrom?.unixSeconds, filter.createdTo?.unixSeconds)
        // The tighter of two bounds implies the other.
        if let newer, newer.created >= from ?? .min {
            bound(owner, ">", newer.created, newer.id)
        } else {
            bound(owner, ">=", from)
        }
        if let older, older.created <= to ?? .max {
            bound(owner, "<", older.created, older.id)
        } else {
            bound(owner, "<=", to)
        }
        // The types are literals, which is safe because the names are ours. There are few sets of them, so
        // few compiled statements are kept.
        add("type IN (\(filter.types.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")))")
        if let status = filter.status { add("status = ?", .text(status)) }
        if let currency = filter.currency { add("currency = ?", .text(currency.code)) }
        if let search = filter.search { add(dialect.contains("search", "?"), .text(search.lowercased())) }
    }

    /// One bound of a range along an index.
    private mutating func bound(
        _ owner: CustomerKey?,
        _ comparison: String,
        _ created: Int64?,
        _ id: String? = nil
    ) {
        let columns: [(name: String, value: SQLValue)] =
            (owner.map { [("customer", .text($0.customer))] } ?? [])
            + (created.map { [("created", .int($0))] } ?? []) + (id.map { [("id", .text($0))] } ?? [])
        guard !columns.isEmpty else { return }
        let names = columns.map(\.name).joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        add("(\(names)) \(comparison) (\(marks))", columns.map(\.value))
    }
}
