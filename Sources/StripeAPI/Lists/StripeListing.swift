/// One of Stripe's lists, narrowed down: which objects, without a place among them.
///
/// What there is to narrow each list by stands with its endpoint.
package struct StripeListing: Sendable, Equatable, CustomStringConvertible {
    struct Filter: Sendable, Equatable {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// Nil for no value: what was not asked for is not sent.
        init?(_ name: String, _ value: String?) {
            guard let value else { return nil }
            self.init(name, value)
        }
    }

    /// What the objects in it call themselves.
    package let kind: String
    let path: [String]
    let filters: [Filter]

    init(_ kind: String, path: [String], filters: [Filter?] = [], created: CreatedRange = .all) {
        self.kind = kind
        self.path = path
        self.filters = filters.compactMap(\.self) + created.filters
    }

    package var description: String { "/" + path.joined(separator: "/") }
}

extension StripeClient {
    /// One page of a list, newest first.
    ///
    /// - Parameters:
    ///   - listing: Which list.
    ///   - paging: Which page of it; ``StripePage/next`` says what comes after.
    ///   - account: The connected account whose list it is.
    /// - Returns: The page, every object in it of the listing's kind.
    /// - Throws: Anything but a page: an answer that cannot be paged on from is none.
    package func page(
        of listing: StripeListing,
        _ paging: StripePaging = StripePaging(),
        account: String? = nil
    ) async throws(StripeAPIError) -> StripePage {
        let query = (listing.filters + (try paging.filters())).map { (name: $0.name, value: $0.value) }
        let answer = try await list(path: listing.path, query: query, account: account)
        return try StripePage(answer, kind: listing.kind, paging: paging)
    }
}
