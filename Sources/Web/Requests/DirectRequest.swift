import HTTPTypes

/// Whether a request comes from a program on this machine, without a proxy in between.
enum DirectRequest {
    /// The headers of a direct request: an API key, and the headers that curl and Prometheus send.
    ///
    /// The list is of allowed headers, because the names of the headers that proxies add cannot all be known.
    /// <https://github.com/prometheus/prometheus/blob/main/scrape/scrape.go>
    ///
    /// A proxy on this machine that adds no header and uses a loopback host cannot be distinguished from a
    /// program.
    private static let names: Set<String> = [
        "user-agent", "accept", "accept-encoding", "connection", "x-prometheus-scrape-timeout-seconds",
        "authorization", "x-api-key",
    ]

    /// - Parameters:
    ///   - request: The request. Its host must be this machine too, because a page in a local browser can use
    ///     a name that resolves to this machine (DNS rebinding).
    ///   - peer: The address of the connection's other end.
    /// - Returns: Whether the request has no sign of a proxy.
    static func isFromThisMachine(_ request: HTTPRequest, peer: String?) -> Bool {
        peer.map(Loopback.contains) ?? false
            && request.authority.flatMap { WebOrigin(of: "http://\($0)") }?.isLoopback ?? false
            && request.headerFields.allSatisfy { names.contains($0.name.canonicalName) }
    }
}

/// The addresses of this machine.
enum Loopback {
    /// Whether a socket's address is a loopback address, including IPv4 mapped into IPv6.
    static func contains(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}
