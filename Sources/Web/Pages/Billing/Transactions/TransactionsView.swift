import Billing
import Storage

/// The view of the transactions that a visitor chose: the filters, and the position of the page.
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

    /// The filter of the feed, with the same meaning as the API's filters, so that the page and its export
    /// agree.
    func filter(within accessScope: AccessScope, now: Instant) -> TransactionFilter {
        TransactionFilter(
            accessScope,
            type: kind,
            status: status,
            createdFrom: range.first(today: zone.date(of: now)).map { zone.beginning(of: $0) },
            createdTo: range.last.map { zone.beginning(of: $0.adding(days: 1)).adding(seconds: -1) },
            search: search
        )
    }

    /// Whether a filter other than the range is set.
    var isNarrowed: Bool { kind != nil || status != nil || search != nil }

    // MARK: Links

    /// The link to the first page of this view.
    var link: PageLink { filtering(PageLink(Self.path)) }

    /// Adds this view and its position to a link, so that the target can redirect back here.
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

    /// The link to a file with all rows that the filters find, not only those of this page.
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
