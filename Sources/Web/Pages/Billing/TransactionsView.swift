import Billing
import Storage

/// What a visitor wants to see of the transactions: the filters, and where the page begins.
struct TransactionsView {
    var kind: Transaction.Kind?
    var status: String?
    var range = DateRangeChoice.preset(defaultRange)
    var search: String?
    var perPage = defaultPerPage
    var cursor = Cursor.start
    var zone = LocalTime.utc

    static let path = "/billing"
    static let defaultRange = DateRangeChoice.Preset.months6
    static let defaultPerPage = 10
    static let pageSizes = [10, 25, 50, 100]

    /// The filters as the API has them too, so that an export of one is an export of the other.
    ///
    /// - Parameters:
    ///   - reach: Whose transactions.
    ///   - now: What the presets count from.
    /// - Returns: The filter of the feed.
    func filter(within reach: Reach, now: Instant) -> TransactionFilter {
        TransactionFilter(
            reach,
            type: kind,
            status: status,
            createdFrom: range.first(today: zone.date(of: now)).map { zone.beginning(of: $0) },
            createdTo: range.last.map { zone.beginning(of: $0.adding(days: 1)).adding(seconds: -1) },
            search: search
        )
    }

    /// Whether anything but the range narrows what is shown.
    var isNarrowed: Bool { kind != nil || status != nil || search != nil }

    // MARK: Links

    /// This view, from its beginning.
    var link: PageLink { filtering(PageLink(Self.path)) }

    /// A link that leads back to this very view.
    func here(_ link: PageLink) -> PageLink {
        switch cursor {
        case .start, .offset: filtering(link)
        case .startingAfter(let id): filtering(link).with("after", id)
        case .endingBefore(let id): filtering(link).with("before", id)
        }
    }

    private func filtering(_ link: PageLink) -> PageLink {
        link
            .with("type", kind?.rawValue).with("status", status)
            .with(range.parameters(default: Self.defaultRange)).with("q", search)
            .with("per", perPage == Self.defaultPerPage ? nil : String(perPage))
            .with("zone", zone.name == LocalTime.utc.name ? nil : zone.name)
    }

    func older(than id: String) -> PageLink { link.with("after", id) }
    func newer(than id: String) -> PageLink { link.with("before", id) }

    /// Everything that the filters find, not only this page, as a file.
    ///
    /// - Parameters:
    ///   - customer: Whose; `nil` for all of the visitor's.
    ///   - now: What the presets count from.
    /// - Returns: The link, whose filters are the view's.
    func exportLink(customer: CustomerKey?, now: Instant) -> PageLink {
        let filter = filter(within: .customers([]), now: now)
        return PageLink("/v1/transactions/export").with("format", "csv").with(customer)
            .with("type", kind?.rawValue).with("status", status)
            .with("created[gte]", filter.createdFrom.map { String($0.unixSeconds) })
            .with("created[lte]", filter.createdTo.map { String($0.unixSeconds) })
            .with("q", search).with("timezone", zone.name)
    }
}

extension QueryReader {
    mutating func transactionsView() throws(APIError) -> TransactionsView {
        var view = TransactionsView()
        view.kind = try choice("type")
        view.status = try status()
        view.range = try dateRange(default: TransactionsView.defaultRange)
        view.search = try search()
        view.perPage = try integer("per", in: 1...100) ?? TransactionsView.defaultPerPage
        view.cursor = try cursor(after: "after", before: "before")
        view.zone = try timeZone("zone") ?? .utc
        return view
    }
}
