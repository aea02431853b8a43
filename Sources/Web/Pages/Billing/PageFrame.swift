import Storage

/// The frame around each page's contents.
struct PageFrame {
    enum Tab { case transactions, usage }

    /// The path prefix of the service, without a final slash; empty at the root of a host.
    let root: String
    let title: String
    let isTransactions: Bool
    let isUsage: Bool
    let hasTabs: Bool
    /// The customers shown on the page; `nil` on a page without a customer.
    let customer: String?
    /// The URL that the visitor came from, which the session names.
    let returnLink: String?
    /// The host of ``returnLink``, as the link's text.
    let returnName: String?
    let styleLink: String
    let scriptLink: String
    let chartLink: String?

    init(
        _ tab: Tab?,
        title: String? = nil,
        assets: AssetLinks,
        customer: String? = nil,
        returnLink: String? = nil
    ) {
        isTransactions = tab == .transactions
        isUsage = tab == .usage
        hasTabs = tab != nil
        self.customer = customer
        root = assets.root
        self.title = title ?? (tab == .usage ? "Usage & Analytics" : "Transactions")
        self.returnLink = returnLink
        returnName = returnLink.map { link in
            let host = link.drop { $0 != ":" }.dropFirst(3).prefix { !"/?#".contains($0) }
            return host.isEmpty ? "where you came from" : String(host)
        }
        styleLink = assets.style
        scriptLink = assets.script
        chartLink = tab == .usage ? assets.chart : nil
    }
}

/// The links to the scripts and styles of a page.
struct AssetLinks: Sendable {
    /// See ``PageFrame/root``.
    var root = ""
    let style: String
    let script: String
    let receiptStyle: String
    /// `nil` if Chart.js is not installed.
    let chart: String?
}

extension CustomerKey {
    /// The customer's name on a page, with the account: a connected account can choose its customers' ids, so
    /// two accounts may use the same id.
    var label: String { account.map { "\(customer) of \($0)" } ?? customer }
}
