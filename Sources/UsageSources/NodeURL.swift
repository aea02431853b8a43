import HTTPClient

/// Where an Akash node's REST API is: a scheme, a host, perhaps a port and a path before its own.
package struct NodeURL: Sendable, Equatable, CustomStringConvertible {
    private let base: String
    /// Without the path, in which some who run nodes have their customers' keys.
    package let description: String

    /// - Returns: `nil` for what is no http or https URL, or has a user, a query or a fragment.
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
