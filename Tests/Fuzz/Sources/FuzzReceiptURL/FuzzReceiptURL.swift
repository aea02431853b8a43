import Billing
import Foundation
import Fuzzing
import HTTPClient

/// A receipt link from Stripe, or from a host that answers in its place.
///
/// The law: three readers of an accepted link, libcurl, Foundation and one that reads as browsers do, agree that
/// it leads to a host of the list, and nowhere unencrypted but to this machine.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReceiptURL(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let text = String(decoding: input(start, size), as: UTF8.self)
    for (hosts, list) in lists {
        guard let link = ReceiptURL(text, allowing: hosts) else { continue }
        require(link.text == text, "a link is passed on as it came")
        require(!"\(link)".contains("pay"), "a link is not printed")

        let browser = BrowserURL(text)
        require(
            list.contains(browser.authority),
            "a browser goes to a host of the list: \(browser.authority)"
        )
        require(
            browser.scheme == "https" || loopback.contains(browser.authority),
            "a browser's way is encrypted"
        )
        if let curl = CurlURL(text) {
            require(!curl.hasUserInfo, "the URL has no credentials")
            require(
                list.contains(curl.host) || list.contains("\(curl.host):\(curl.port)"),
                "curl goes to a host of the list: \(curl.host)"
            )
            require(curl.scheme == "https" || curl.isLoopback, "curl's way is encrypted")
        }
        if let url = URL(string: text) {
            let host = (url.host() ?? "").lowercased()
            let authority = url.port.map { "\(host):\($0)" } ?? host
            require(url.user() == nil && url.password() == nil, "the URL has no credentials")
            require(list.contains(authority), "Foundation goes to a host of the list: \(authority)")
        }
    }
    return 0
}

private let loopback = ["127.0.0.1:8089", "localhost:9000", "localhost"]
private let lists: [(ReceiptHosts, [String])] = [
    (.stripe, ["pay.stripe.com", "invoice.stripe.com"]),
    (
        ReceiptHosts(loopback + ["pay.stripe.com", "example.com:8443"]),
        loopback + ["pay.stripe.com", "example.com:8443"]
    ),
]

/// Where a browser would go: the WHATWG URL standard for http and https, as far as the authority.
private struct BrowserURL {
    let scheme: String
    let authority: String

    init(_ text: String) {
        // Browsers drop these wherever they stand, and controls and blanks at both ends.
        let kept = text.unicodeScalars.filter { !"\t\r\n".unicodeScalars.contains($0) }
        let trimmed = kept.drop { $0.value <= 0x20 }
        let colon = trimmed.firstIndex(of: ":") ?? trimmed.endIndex
        scheme = String(String.UnicodeScalarView(trimmed[..<colon])).lowercased()
        let rest = trimmed[colon...].dropFirst().drop { $0 == "/" || $0 == "\\" }
        let authority = rest.prefix { !"/\\?#".unicodeScalars.contains($0) }
        let host = authority.lastIndex(of: "@").map { authority[$0...].dropFirst() } ?? authority
        self.authority = String(String.UnicodeScalarView(host)).lowercased()
    }
}
