import Billing
import Storage

/// The transactions tab: the values that the template renders.
struct TransactionsPage {
    let frame: PageFrame
    let kinds: [PageOption]
    let statuses: [PageOption]
    let ranges: [PageOption]
    let sizes: [PageOption]
    let from: String
    let to: String
    let search: String
    let zone: String
    let resetLink: String?
    let notice: PageNotice?
    /// Proves that a form belongs to this page; `nil` for a visitor whose browser sends no cookie.
    let formToken: String?
    /// For example `Showing 10 of 57 transactions`.
    let summary: String
    let exportLink: String
    let hasRows: Bool
    let items: [TransactionItem]
    let isFiltered: Bool
    let allTimeLink: String
    let newerLink: String?
    let olderLink: String?
    let hasPages: Bool

    init(
        _ view: TransactionsView,
        rows: [Transaction],
        payments: [String: PaymentDetail],
        total: Int,
        hasMore: Bool,
        customer: CustomerKey?,
        now: Instant,
        notice: PageNotice? = nil,
        formToken: String? = nil,
        signature: ((Transaction, TransactionLink.Purpose) -> String)? = nil,
        frame: PageFrame
    ) {
        self.frame = frame
        kinds = PageOption.list(
            [
                ("", "All transactions"), ("purchase", "Purchases"), ("refund", "Refunds"),
                ("dispute", "Disputes"), ("credit", "Credits"),
            ],
            chosen: view.kind?.rawValue ?? ""
        )
        statuses = PageOption.list(
            StatusBadge.choices(chosen: view.status ?? ""),
            chosen: view.status ?? ""
        )
        ranges = PageOption.ranges(DateRangeChoice.Preset.allCases, chosen: view.range)
        sizes = PageOption.list(
            Set(TransactionsView.pageSizes + [view.perPage]).sorted().map { (String($0), String($0)) },
            chosen: String(view.perPage)
        )
        (from, to) = view.range.fields
        search = view.search ?? ""
        zone = view.zone.name
        let untouched = TransactionsView(zone: view.zone).link.text
        resetLink = view.link.text == untouched ? nil : untouched
        self.notice = notice
        self.formToken = formToken
        summary = Self.summary(shown: rows.count, of: total)
        exportLink = view.exportLink(customer: customer, now: now).text
        items = rows.map { row in
            TransactionItem(
                row,
                payment: payments[row.id],
                view: view,
                signature: signature.map { signature in { signature(row, $0) } }
            )
        }
        hasRows = !rows.isEmpty
        isFiltered = view.isNarrowed
        allTimeLink = TransactionsView(range: .preset(.all), zone: view.zone).link.text
        let (hasNewer, hasOlder) =
            switch view.cursor {
            case .start, .offset: (false, hasMore)
            case .startingAfter: (true, hasMore)
            case .endingBefore: (hasMore, true)
            }
        newerLink = hasNewer ? rows.first.map { view.newer(than: $0.id).text } : nil
        olderLink = hasOlder ? rows.last.map { view.older(than: $0.id).text } : nil
        hasPages = newerLink != nil || olderLink != nil
    }

    var html: String { Templates.render(self, "transactions") }

    private static func summary(shown: Int, of total: Int) -> String {
        switch (shown, total) {
        case (_, 0): "No transactions"
        case (1, 1): "Showing 1 transaction"
        case (total, _): "Showing all \(total) transactions"
        default: "Showing \(shown) of \(total) transactions"
        }
    }
}
