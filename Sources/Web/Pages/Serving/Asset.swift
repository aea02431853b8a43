import Webhooks

/// A script or style of the pages, as it is served: under an address that changes with its contents.
struct Asset: Sendable {
    let name: String
    let type: String
    let bytes: [UInt8]
    /// `nil` where gzip makes nothing smaller.
    let compressed: [UInt8]?
    /// Of its contents.
    let version: String

    init(_ name: String, type: String, _ bytes: [UInt8]) {
        self.name = name
        self.type = type
        self.bytes = bytes
        compressed = Gzip.compressed(bytes, .thorough).flatMap { $0.count < bytes.count ? $0 : nil }
        version = String(SHA256Digest(of: bytes).hex.prefix(16))
    }

    var path: String { "/assets/\(name)" }

    /// What pages link to: a cache may keep it for ever, for other contents have another address.
    var link: String { "\(path)?v=\(version)" }
}

/// All assets there are.
struct Assets: Sendable {
    let style = Asset("billing.css", type: "text/css; charset=utf-8", PackageResources.billing_css)
    let script = Asset("billing.js", type: "text/javascript; charset=utf-8", PackageResources.billing_js)
    let receiptStyle = Asset("receipt.css", type: "text/css; charset=utf-8", PackageResources.receipt_css)
    /// Chart.js, which is not ours and comes from where it is installed.
    let chart: Asset?

    init(chartScript: [UInt8]?) {
        chart = chartScript.map { Asset("chart.js", type: "text/javascript; charset=utf-8", $0) }
    }

    var all: [Asset] { [style, script, receiptStyle] + [chart].compactMap(\.self) }

    /// Where pages find them, with the path before it under which we are reached; see ``PageFrame/root``.
    func links(under root: String) -> AssetLinks {
        AssetLinks(
            root: root,
            style: style.link,
            script: script.link,
            receiptStyle: receiptStyle.link,
            chart: chart?.link
        )
    }
}
