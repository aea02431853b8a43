import Billing
import HTTPClient

/// The URL of an Akash node's REST API: scheme, host, optional port and path prefix.
package struct NodeURL: Sendable, Equatable, CustomStringConvertible {
    private let base: String
    /// The origin only: some operators of nodes put API keys into the path.
    package let description: String

    /// - Returns: `nil` if the text is not an http or https URL, or has a user, a query or a fragment.
    package init?(_ text: String) {
        guard let url = CurlURL(text), url.scheme == "https" || url.scheme == "http", !url.hasUserInfo,
            !url.hasQueryOrFragment, !url.path.contains("/..")
        else { return nil }
        let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        base = url.origin + path
        description = url.origin
    }

    func appending(_ path: String, _ query: [(name: String, value: String)] = []) -> String {
        base + path + (query.isEmpty ? "" : "?" + PercentEncoding.form(query))
    }
}
