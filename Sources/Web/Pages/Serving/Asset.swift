import Cryptography

/// A script or style of the pages, served under a URL that changes with its contents.
struct Asset: Sendable {
    let name: String
    let type: String
    let bytes: [UInt8]
    /// `nil` if gzip does not make it smaller.
    let compressed: [UInt8]?
    /// A fingerprint of the contents.
    let version: String

    init(_ name: String, type: String, _ bytes: [UInt8]) {
        self.name = name
        self.type = type
        self.bytes = bytes
        compressed = Gzip.compressed(bytes, .thorough).flatMap { $0.count < bytes.count ? $0 : nil }
        version = String(SHA256Digest(of: bytes).hex.prefix(16))
    }

    var path: String { "/assets/\(name)" }

    /// The link that pages use: caches may keep the file for ever, because changed contents have another URL.
    var link: String { "\(path)?v=\(version)" }
}

/// The assets of all pages.
struct Assets: Sendable {
    let style = Asset("billing.css", type: "text/css; charset=utf-8", PackageResources.billing_css)
    let script = Asset("billing.js", type: "text/javascript; charset=utf-8", PackageResources.billing_js)
    let receiptStyle = Asset("receipt.css", type: "text/css; charset=utf-8", PackageResources.receipt_css)
    /// Chart.js, which is installed separately; `nil` if it is not installed.
    let chart: Asset?

    init(chartScript: [UInt8]?) {
        chart = chartScript.map { Asset("chart.js", type: "text/javascript; charset=utf-8", $0) }
    }

    var all: [Asset] { [style, script, receiptStyle] + [chart].compactMap(\.self) }

    /// The links for pages, with the path prefix of the service; see ``PageFrame/root``.
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
