package import Billing
import Foundation
import GRDB
package import Storage

extension SQLiteStore {
    package func page(
        _ filter: TransactionFilter,
        cursor: Storage.Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>? {
        try await read("reading the feed") { db in
            var query = FeedQuery(filter)
            var isBackwards = false
            var offset = 0
            switch cursor {
            case .start: break
            case .offset(let rows): offset = rows
            case .startingAfter(let id), .endingBefore(let id):
                guard let position = try query.position(of: id, db) else { return nil }
                if case .endingBefore = cursor { isBackwards = true }
                query.add("(created, id) \(isBackwards ? ">" : "<") (?, ?)", [position.created, id])
            }
            let direction = isBackwards ? "ASC" : "DESC"
            let statement = try db.cachedStatement(
                sql: """
                    SELECT body
                    FROM transactions
                    \(query.condition)
                    ORDER BY created \(direction), id \(direction)
                    LIMIT ? OFFSET ?
                    """
            )
            let bodies = try Data.fetchAll(statement, arguments: query.arguments + [limit + 1, offset])
            let rows = try bodies.prefix(limit).map(TransactionBody.decode)
            return Page(elements: isBackwards ? rows.reversed() : rows, hasMore: bodies.count > limit)
        }
    }

    package func count(_ filter: TransactionFilter) async throws(StoreError) -> Int {
        try await read("counting the feed") { db in
            let query = FeedQuery(filter)
            let sql = "SELECT count(*) FROM transactions \(query.condition)"
            return try Int.fetchOne(db, sql: sql, arguments: query.arguments) ?? 0
        }
    }

    package func transaction(id: String, within reach: Reach) async throws(StoreError) -> Transaction? {
        try await read("reading a transaction") { db in
            let statement = try db.cachedStatement(sql: "SELECT body FROM transactions WHERE id = ?")
            let row = try Data.fetchOne(statement, arguments: [id]).map(TransactionBody.decode)
            return row.flatMap { reach.includes($0) ? $0 : nil }
        }
    }

    package func payment(
        ofTransaction id: String,
        within reach: Reach
    ) async throws(StoreError) -> PaymentDetail? {
        try await read("reading a payment") { db in
            let sql = "SELECT body, payment FROM transactions WHERE id = ?"
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else { return nil }
            let transaction = try TransactionBody.decode(row["body"])
            guard reach.includes(transaction) else { return nil }
            let records = try ObjectRow.records(ofPayment: row["payment"], in: .live, db).map(\.record)
            let ids = records.map(\.reference.id)
            let events = try String.fetchAll(
                db,
                sql: """
                    SELECT id
                    FROM events
                    WHERE object_id IN (\(databaseQuestionMarks(count: ids.count)))
                        AND disposition = 'projected'
                    ORDER BY sequence
                    LIMIT 1000
                    """,
                arguments: StatementArguments(ids)
            )
            return PaymentDetail(
                transaction: transaction,
                group: PaymentGroup(records, account: transaction.account),
                events: events
            )
        }
    }
}

/// A filter as the condition of a query.
private struct FeedQuery {
    private(set) var conditions: [String] = []
    private(set) var arguments: StatementArguments = []
    private let reach: Reach

    init(_ filter: TransactionFilter) {
        reach = filter.reach
        if case .customers(let customers) = reach {
            // Usually all customers belong to one account. An empty list matches no row.
            let accounts = Dictionary(grouping: customers, by: { $0.account ?? "" })
            let alternatives = accounts.values.map { customers in
                "(customer IN (\(databaseQuestionMarks(count: customers.count))) AND account = ?)"
            }
            add(
                alternatives.isEmpty ? "FALSE" : "(\(alternatives.joined(separator: " OR ")))",
                accounts.reduce(into: []) { $0 += StatementArguments($1.value.map(\.customer) + [$1.key]) }
            )
        }
        // The types are literals, which is safe because the names are ours. There are few sets of them, so
        // few compiled statements are cached.
        add("type IN (\(filter.types.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")))", [])
        if let status = filter.status { add("status = ?", [status]) }
        if let currency = filter.currency { add("currency = ?", [currency.code]) }
        if let from = filter.createdFrom { add("created >= ?", [from.unixSeconds]) }
        if let to = filter.createdTo { add("created <= ?", [to.unixSeconds]) }
        if let search = filter.search { add("instr(search, ?) > 0", [search.lowercased()]) }
    }

    var condition: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    mutating func add(_ condition: String, _ arguments: StatementArguments) {
        conditions.append(condition)
        self.arguments += arguments
    }

    /// The position of a row in the feed.
    ///
    /// - Returns: `nil` if there is no such row, or if it belongs to another customer.
    func position(of id: String, _ db: Database) throws -> (created: Int64, id: String)? {
        let sql = "SELECT created, customer, account FROM transactions WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else { return nil }
        if case .customers(let customers) = reach {
            let owner = (row["customer"] as String?).map {
                CustomerKey($0, account: (row["account"] as String).orNil)
            }
            guard let owner, customers.contains(owner) else { return nil }
        }
        return (row["created"], id)
    }
}

private enum TransactionBody {
    static func decode(_ body: Data) throws -> Transaction {
        try body.withUnsafeBytes { try TransactionCoding.decode($0.bindMemory(to: UInt8.self)) }
    }
}
