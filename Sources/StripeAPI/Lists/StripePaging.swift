/// A page of a list: a cursor and a limit.
package struct StripePaging: Sendable, Equatable {
    /// An object of the list; the page does not contain it.
    package enum Cursor: Sendable, Equatable {
        /// The page of older objects after it.
        case startingAfter(String)
        /// The page of newer objects directly before it, not the newest ones.
        case endingBefore(String)
    }

    /// Nil for the newest page.
    package var cursor: Cursor?
    /// 1 to 100.
    package var limit: Int

    package init(_ cursor: Cursor? = nil, limit: Int = 100) {
        self.cursor = cursor
        self.limit = limit
    }

    func filters() throws(StripeAPIError) -> [StripeListing.Filter] {
        guard (1...100).contains(limit) else { throw .invalidArgument(.limit) }
        guard cursorID?.isObjectID ?? true else { throw .invalidArgument(.cursor) }
        let limit = StripeListing.Filter("limit", String(limit))
        return switch cursor {
        case nil: [limit]
        case .startingAfter(let id): [limit, StripeListing.Filter("starting_after", id)]
        case .endingBefore(let id): [limit, StripeListing.Filter("ending_before", id)]
        }
    }

    var cursorID: String? {
        switch cursor {
        case nil: nil
        case .startingAfter(let id), .endingBefore(let id): id
        }
    }
}
