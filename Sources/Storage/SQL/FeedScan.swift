import Billing
import Database

/// The place of a row in the feed: newest first, then by id.
struct FeedPosition: Comparable {
    let created: Int64
    let id: String

    /// Ids are compared byte by byte, as the databases do.
    static func < (left: FeedPosition, right: FeedPosition) -> Bool {
        if left.created != right.created { return left.created < right.created }
        return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
    }
}

/// Reads the rows of a filter in the order of the feed, at the cost of its answer, however many other rows
/// there are.
///
/// The rows of one customer and ``Facet`` follow each other in an index. A filter is a merge of some such
/// sequences; which ones exist is found by one step of the index each.
struct FeedScan {
    private struct Sequence {
        /// `nil` for the rows of all customers.
        let owner: CustomerKey?
        let facet: Facet
    }

    /// The number of rows that a search has in memory at once.
    private static let longestRead = 4096

    private let filter: TransactionFilter
    private let session: any Session
    /// From older rows to newer ones.
    private let isBackwards: Bool
    private let search: TransactionSearch?
    private let sequences: [Sequence]

    init(_ filter: TransactionFilter, _ session: any Session, isBackwards: Bool = false) throws {
        self.filter = filter
        self.session = session
        self.isBackwards = isBackwards
        search = filter.search.map(TransactionSearch.init)
        let owners: [CustomerKey?]
        switch filter.accessScope {
        case .anyCustomer: owners = [nil]
        case .customers(let customers): owners = Array(Set(customers))
        }
        let facets = try session.rows(ofEach: owners.map(Self.facets))
        sequences = zip(owners, facets).flatMap { owner, facets in
            facets.filter { $0.mayMatch(filter) }.map { Sequence(owner: owner, facet: $0) }
        }
    }

    /// The rows behind one, or from the beginning of the feed; some of them may be skipped.
    func rows(after edge: FeedPosition?, skipping skipped: Int = 0, limit: Int) throws -> [Transaction] {
        let (sum, isTooLarge) = skipped.addingReportingOverflow(limit)
        let wanted = isTooLarge ? .max : sum
        guard let search else {
            let positions = try positions(after: edge, limit: wanted)
            return try rows(at: Array(positions.dropFirst(skipped)))
        }
        var found: [Transaction] = []
        var edge = edge
        // Often the first rows are the answer; a read that is short lets the log of SQLite begin anew.
        var size = min(max(wanted, 32), Self.longestRead)
        while found.count < wanted {
            let positions = try positions(after: edge, limit: size)
            found += try rows(at: positions).filter(search.finds)
            guard positions.count == size, let last = positions.last else { break }
            edge = last
            size = min(size &* 2, Self.longestRead)
        }
        return Array(found.dropFirst(skipped).prefix(limit))
    }

    func count() throws -> Int {
        guard let search, !sequences.allSatisfy({ search.isExact(in: $0.facet) }) else {
            return try session.rows(ofEach: sequences.map(counting)).joined().reduce(0, &+)
        }
        var count = 0
        var edge: FeedPosition?
        while true {
            let positions = try positions(after: edge, limit: Self.longestRead)
            count &+= try rows(at: positions).count(where: search.finds)
            guard positions.count == Self.longestRead, let last = positions.last else { return count }
            edge = last
        }
    }

    /// The positions of the next rows, from all sequences.
    private func positions(after edge: FeedPosition?, limit: Int) throws -> [FeedPosition] {
        let found = try session.rows(ofEach: sequences.map { next(in: $0, after: edge, limit: limit) })
        // One sequence is in order already.
        guard found.count != 1 else { return found[0] }
        let sorted = found.joined().sorted { isBackwards ? $0 < $1 : $0 > $1 }
        return Array(sorted.prefix(limit))
    }

    private func rows(at positions: [FeedPosition]) throws -> [Transaction] {
        guard !positions.isEmpty else { return [] }
        let rows = try session.rows(StoredTransaction.named(positions.map(\.id))).map(\.transaction)
        let byID = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
        return positions.compactMap { byID[$0.id] }
    }

    // MARK: SQL

    /// The facets of a customer's rows, or of all rows.
    private static func facets(of owner: CustomerKey?) -> Query<Facet> {
        // https://wiki.postgresql.org/wiki/Loose_indexscan
        let ofOwner = owner == nil ? "" : "t.account = $1 AND t.customer = $2"
        return Query(
            """
            WITH RECURSIVE found (facet) AS (
                SELECT (SELECT min(t.facet) FROM transactions t\(owner == nil ? "" : " WHERE " + ofOwner))
                UNION ALL
                SELECT (
                    SELECT min(t.facet)
                    FROM transactions t
                    WHERE \(owner == nil ? "" : ofOwner + " AND ")t.facet > found.facet)
                FROM found
                WHERE found.facet IS NOT NULL)
            SELECT facet FROM found WHERE facet IS NOT NULL
            """,
            owner?.values ?? []
        ) { Facet(number: try $0.int("facet")) }
    }

    private func next(in sequence: Sequence, after edge: FeedPosition?, limit: Int) -> Query<FeedPosition> {
        var conditions = conditions(sequence, after: edge)
        let direction = isBackwards ? "ASC" : "DESC"
        let limit = session.dialect.number(limit, in: &conditions)
        return Query(
            """
            SELECT created, id
            FROM transactions
            \(conditions.clause)
            ORDER BY created \(direction), id \(direction)
            LIMIT \(limit)
            """,
            conditions.values,
            isPrepared: false
        ) { FeedPosition(created: try $0.int("created"), id: try $0.text("id")) }
    }

    private func counting(_ sequence: Sequence) -> Query<Int> {
        let conditions = conditions(sequence)
        return Query(
            "SELECT count(*) AS rows FROM transactions \(conditions.clause)",
            conditions.values,
            isPrepared: false
        ) { Int(clamping: try $0.int("rows")) }
    }

    private func conditions(_ sequence: Sequence, after edge: FeedPosition? = nil) -> Conditions {
        var conditions = Conditions()
        if let owner = sequence.owner { conditions.add("account = ? AND customer = ?", owner.values) }
        conditions.add("facet = ?", .int(sequence.facet.number))
        var (from, to) = (filter.createdFrom?.unixSeconds, filter.createdTo?.unixSeconds)
        if let edge {
            let comparison = isBackwards ? ">" : "<"
            conditions.add("(created, id) \(comparison) (?, ?)", [.int(edge.created), .text(edge.id)])
            // The tighter of two bounds implies the other.
            if isBackwards, edge.created >= from ?? .min { from = nil }
            if !isBackwards, edge.created <= to ?? .max { to = nil }
        }
        if let from { conditions.add("created >= ?", .int(from)) }
        if let to { conditions.add("created <= ?", .int(to)) }
        if !sequence.facet.isExact(for: filter) {
            if let status = filter.status { conditions.add("status = ?", .text(status)) }
            if let currency = filter.currency { conditions.add("currency = ?", .text(currency.code)) }
        }
        if sequence.facet.type == .credit, let kinds = filter.creditKinds {
            let names = kinds.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
            conditions.add("credit_kind IN (\(names))", [])
        }
        // Last, so that it is tested only of the rows that fulfil the others.
        search?.add(to: &conditions, in: sequence.facet, session.dialect)
        return conditions
    }
}
