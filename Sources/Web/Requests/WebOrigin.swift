#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The origin of a URL: scheme, host and port, in the format of browsers' `Origin` header.
package struct WebOrigin: Hashable, Sendable, CustomStringConvertible {
    package let scheme: String
    /// In lower case; an IPv6 address is in brackets.
    package let host: String
    /// `nil` for the scheme's default port.
    package let port: Int?

    /// Accepts an http or https URL without user and password; `nil` for any other text.
    package init?(of address: String) {
        // Only the characters of RFC 3986: browsers treat a backslash as a slash, and remove tabs and line
        // breaks.
        guard address.wholeMatch(of: /[A-Za-z0-9\-._~:\/?#\[\]@!$&'()*+,;=%]*/) != nil else { return nil }
        if address.hasPrefix("https://") {
            scheme = "https"
        } else if address.hasPrefix("http://") {
            scheme = "http"
        } else {
            return nil
        }
        let authority = address.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) }
        guard
            let match = authority.wholeMatch(of: /(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/)?
                .output
        else { return nil }
        host = match.1.lowercased()
        guard Self.isHost(host) else { return nil }
        let number = match.2.flatMap { Int($0) }
        if let number, !(1...65535 ~= number) { return nil }
        port = number == (scheme == "https" ? 443 : 80) ? nil : number
    }

    /// The path of a base URL, without a final slash; empty at the root of a host.
    static func path(of base: String) -> String {
        let path = base.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }
        return path.hasSuffix("/") ? String(path.dropLast()) : String(path)
    }

    package var description: String { "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "") }

    /// Whether traffic to this origin cannot be read or altered: it is encrypted, or never leaves the
    /// machine.
    package var isSafeOnTheWay: Bool { isEncrypted || isLoopback }

    var isEncrypted: Bool { scheme == "https" }

    /// Whether the host is this machine.
    package var isLoopback: Bool {
        host == "localhost" || host == "[::1]"
            || host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
    }

    /// Whether a text can be a host: an IP address, or a name whose labels are neither empty nor too long.
    ///
    /// Browsers parse a host that ends in a number as an IPv4 address, and reject the URL if that fails:
    /// <https://url.spec.whatwg.org/#concept-host-parser>
    private static func isHost(_ host: String) -> Bool {
        if host.hasPrefix("[") {
            var address = in6_addr()
            return inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address) == 1
        }
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy {
            1...63 ~= $0.utf8.count && !$0.hasPrefix("-") && !$0.hasSuffix("-")
        }
        guard areLabels, name.utf8.count <= 253, let last = labels.last else { return false }
        var address = in_addr()
        return !last.allSatisfy(\.isNumber) || inet_pton(AF_INET, String(name), &address) == 1
    }
}
