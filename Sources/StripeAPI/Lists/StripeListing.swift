/// One of Stripe's lists with its filters, without a position in it.
///
/// The filters of each list are declared with its endpoint.
package struct StripeListing: Sendable, Equatable, CustomStringConvertible {
    struct Filter: Sendable, Equatable {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// Nil without a value: the filter is not sent.
        init?(_ name: String, _ value: String?) {
            guard let value else { return nil }
            self.init(name, value)
        }
    }

    /// The `object` field of the list's objects.
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
    /// Fetches one page of a list, newest first.
    ///
    /// - Parameters:
    ///   - listing: The list and its filters.
    ///   - paging: The page; ``StripePage/next`` gives the following one.
    ///   - account: The connected account whose list it is.
    /// - Returns: The page. Every object has the listing's kind.
    /// - Throws: ``StripeAPIError``; also for a response whose next page could not be requested.
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
