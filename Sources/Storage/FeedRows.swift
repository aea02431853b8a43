package import Billing

/// All rows that match a filter, read page by page, so that an export of any size needs the memory of one
/// page.
package struct FeedRows: AsyncSequence, Sendable {
    private let feed: any TransactionFeed
    private let filter: TransactionFilter
    private let pageSize: Int

    package init(feed: any TransactionFeed, filter: TransactionFilter, pageSize: Int = 500) {
        self.feed = feed
        self.filter = filter
        self.pageSize = pageSize
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let rows: FeedRows
        private var cursor: Cursor? = .start

        fileprivate init(rows: FeedRows) { self.rows = rows }

        package mutating func next() async throws -> [Transaction]? {
            guard let from = cursor else { return nil }
            guard let page = try await rows.feed.page(rows.filter, cursor: from, limit: rows.pageSize) else {
                // The cursor's row was deleted meanwhile: the export fails, because a gap in it would go
                // unnoticed.
                throw StoreError(.other, while: "continuing an export")
            }
            cursor = page.hasMore ? page.elements.last.map { .startingAfter($0.id) } : nil
            return page.elements
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: self) }
}
