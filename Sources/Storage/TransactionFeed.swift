package import Billing

/// One page of a list, and whether more follows.
package struct Page<Element: Sendable>: Sendable {
    package let elements: [Element]
    package let hasMore: Bool

    package init(elements: [Element], hasMore: Bool) {
        self.elements = elements
        self.hasMore = hasMore
    }
}

/// Which transactions to read.
package struct TransactionFilter: Sendable, Equatable {
    package let accessScope: AccessScope
    package var types: Set<Transaction.Kind>
    /// Which credits to read, if `types` has credits; `nil` for all.
    package var creditKinds: Set<Credit.Kind>?
    package var status: String?
    package var currency: Currency?
    /// Seconds since 1970, both inclusive.
    package var createdFrom: Instant?
    package var createdTo: Instant?
    /// Text to find in the ids, the amount, the payment method or the description.
    package var search: String?

    package init(
        _ accessScope: AccessScope,
        type: Transaction.Kind? = nil,
        status: String? = nil,
        currency: Currency? = nil,
        createdFrom: Instant? = nil,
        createdTo: Instant? = nil,
        search: String? = nil
    ) {
        self.accessScope = accessScope
        types = type.map { [$0] } ?? Set(Transaction.Kind.allCases)
        self.status = status
        self.currency = currency
        self.createdFrom = createdFrom
        self.createdTo = createdTo
        self.search = search
    }
}

/// The start of a page, exclusive: the id of a row that the caller already has.
package enum Cursor: Sendable, Equatable {
    case start
    case startingAfter(String)
    case endingBefore(String)
    /// For Console's own routes, whose pages are counted in rows.
    case offset(Int)
}

/// The rows derived from the log, newest first: by `created`, then by id.
package protocol TransactionFeed: Sendable {
    /// One page of the feed.
    ///
    /// - Returns: `nil` if the cursor names no row that the filter's customers may see.
    func page(
        _ filter: TransactionFilter,
        cursor: Cursor,
        limit: Int
    ) async throws(StoreError) -> Page<Transaction>?

    /// The number of rows that match the filter.
    func count(_ filter: TransactionFilter) async throws(StoreError) -> Int

    /// A row; `nil` also if the row is outside the access scope.
    func transaction(id: String, within accessScope: AccessScope) async throws(StoreError) -> Transaction?

    /// The payment that a row belongs to; `nil` also if the row is outside the access scope.
    func payment(
        ofTransaction id: String,
        within accessScope: AccessScope
    ) async throws(StoreError) -> PaymentDetail?
}

/// A row together with its payment and its events.
package struct PaymentDetail: Sendable {
    package let transaction: Transaction
    package let group: PaymentGroup
    /// The ids of the events that showed any of its objects, each once, in the order in which they were
    /// recorded.
    package let events: [String]

    /// Removes duplicates from `events`: the log lists an event twice that was sent in two API versions.
    package init(transaction: Transaction, group: PaymentGroup, events: [String]) {
        self.transaction = transaction
        self.group = group
        var seen: Set<String> = []
        self.events = events.filter { seen.insert($0).inserted }
    }
}
