import Billing
import Storage

/// All rows that a filter finds, a page at a time, so that an export of any size costs one page of memory.
struct FeedRows: AsyncSequence, Sendable {
    let feed: any TransactionFeed
    let filter: TransactionFilter
    var pageSize = 500

    struct AsyncIterator: AsyncIteratorProtocol {
        let rows: FeedRows
        var cursor: Cursor? = .start

        mutating func next() async throws -> [Transaction]? {
            guard let from = cursor else { return nil }
            guard let page = try await rows.feed.page(rows.filter, cursor: from, limit: rows.pageSize) else {
                // The row we stood on was withdrawn meanwhile; better an export that breaks off than one with a gap.
                throw StoreError(.other, while: "continuing an export")
            }
            cursor = page.hasMore ? page.elements.last.map { .startingAfter($0.id) } : nil
            return page.elements
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: self) }
}
