package import Billing
import Database

extension SQLStore {
    package func page(
        _ filter: TransactionFilter,
        cursor: Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>? {
        // A row may get another facet between two statements, and must not be missed then.
        try await snapshot("reading the feed") { session in
            var offset = 0
            var edge: FeedPosition?
            var isBackwards = false
            switch cursor {
            case .start: break
            case .offset(let rows): offset = rows
            case .startingAfter(let id), .endingBefore(let id):
                guard let row = try session.row(Feed.position(of: id)),
                    // A row of another customer must look like a row that does not exist.
                    filter.accessScope.includes(row.owner)
                else { return nil }
                edge = row.position
                if case .endingBefore = cursor { isBackwards = true }
            }
            let scan = try FeedScan(filter, session, isBackwards: isBackwards)
            // One row more than the page shows whether there are more.
            let found = try scan.rows(after: edge, skipping: offset, limit: limit + 1)
            let rows = Array(found.prefix(limit))
            return Page(elements: isBackwards ? rows.reversed() : rows, hasMore: found.count > limit)
        }
    }

    package func count(_ filter: TransactionFilter) async throws(StoreError) -> Int {
        try await snapshot("counting the feed") { try FeedScan(filter, $0).count() }
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
    static func transaction(_ id: String) -> Query<Transaction> {
        Query("SELECT \(StoredTransaction.columns) FROM transactions WHERE id = $1", [.text(id)]) {
            try StoredTransaction.read($0).transaction
        }
    }

    static func position(of id: String) -> Query<(position: FeedPosition, owner: CustomerKey?)> {
        Query("SELECT created, customer, account FROM transactions WHERE id = $1", [.text(id)]) { row in
            let account = try row.text("account").orNil
            let owner = try row.optionalText("customer").map { CustomerKey($0, account: account) }
            return (FeedPosition(created: try row.int("created"), id: id), owner)
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
