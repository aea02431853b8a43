import HTTPTypes

/// Headers by which a proxy says that it passes on another's request.
enum ForwardingHeaders {
    /// Whether a request has any of them, whatever its value.
    ///
    /// A proxy that adds none of them cannot be told from a program on this machine.
    static func areIn(_ headers: HTTPFields) -> Bool {
        headers.contains { isForwarding($0.name.canonicalName) }
    }

    /// Whether a header of that name, in lower case, is one of them.
    static func isForwarding(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains(where: name.hasPrefix)
            || suffixes.contains(where: name.hasSuffix)
    }

    // https://www.rfc-editor.org/rfc/rfc9110#name-via, https://www.rfc-editor.org/rfc/rfc7239#section-4,
    // https://www.rfc-editor.org/rfc/rfc8586#section-2
    private static let names: Set<String> = ["via", "forwarded", "cdn-loop"]

    /// `X-Forwarded-For` and its relatives; those of Envoy
    /// (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers), Cloudflare
    /// (https://developers.cloudflare.com/fundamentals/reference/http-headers/) and ingress-nginx
    /// (`X-Original-Forwarded-For`, `X-Original-URI`).
    private static let prefixes = ["forwarded-", "x-forwarded", "x-original-", "x-envoy-", "cf-"]

    /// `X-Real-IP`, `True-Client-IP`, `X-Cluster-Client-IP`, `Fastly-Client-IP`, `CF-Connecting-IP`.
    private static let suffixes = [
        "real-ip", "client-ip", "connecting-ip", "proxyuser-ip", "remote-addr", "remote-ip",
    ]
}

/// Addresses of this machine.
enum Loopback {
    /// Whether an address, as the socket has it, is one of them; IPv4 mapped into IPv6 included.
    static func contains(_ address: String?) -> Bool {
        guard let address else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}
