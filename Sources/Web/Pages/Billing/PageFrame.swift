import Storage

/// What is around the contents of every page of the customer's.
struct PageFrame {
    enum Tab { case transactions, usage }

    /// The path under which we are reached, without a final slash; empty at the root of a host.
    let root: String
    let title: String
    let isTransactions: Bool
    let isUsage: Bool
    let hasTabs: Bool
    /// Whose page it is; `nil` on a page that is no customer's.
    let customer: String?
    /// Where the visitor came from; a link of the session's.
    let returnLink: String?
    /// Its host, which is what a reader knows.
    let returnName: String?
    let styleLink: String
    let scriptLink: String
    let chartLink: String?

    /// - Parameters:
    ///   - tab: Which one is open; `nil` on a page that is none.
    ///   - title: Its name, for a page that is no tab.
    ///   - assets: Where scripts and styles are.
    ///   - customer: Whose page it is.
    ///   - returnLink: Where the visitor came from.
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

/// Where the parts of a page are that are no page.
struct AssetLinks: Sendable {
    /// See ``PageFrame/root``.
    var root = ""
    let style: String
    let script: String
    let receiptStyle: String
    /// `nil` where Chart.js is not installed.
    let chart: String?
}

extension CustomerKey {
    /// As a page names it: customers of two accounts may have one id, since an account can choose its customers' ids.
    var label: String { account.map { "\(customer) of \($0)" } ?? customer }
}
