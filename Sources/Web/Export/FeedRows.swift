import Billing
import Storage

/// All rows that match a filter, read page by page, so that an export of any size needs the memory of one
/// page.
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
                // The cursor's row was deleted meanwhile: the export fails, because a gap in it would go
                // unnoticed.
                throw StoreError(.other, while: "continuing an export")
            }
            cursor = page.hasMore ? page.elements.last.map { .startingAfter($0.id) } : nil
            return page.elements
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: self) }
}
