import HTTPTypes

/// Whether a request comes from a program on this machine, without a proxy between.
enum DirectRequest {
    /// The headers of a direct request: a key, and what curl and Prometheus send.
    ///
    /// Proxies mark what they pass on by headers of many names, so that not all of those can be known.
    /// <https://github.com/prometheus/prometheus/blob/main/scrape/scrape.go>
    ///
    /// A proxy on this machine that adds no header and asks for this address cannot be told from a program.
    private static let names: Set<String> = [
        "user-agent", "accept", "accept-encoding", "connection", "x-prometheus-scrape-timeout-seconds",
        "authorization", "x-api-key",
    ]

    /// - Parameters:
    ///   - request: Its host is to be this machine too: a page in a browser here can have a name of its own lead here
    ///     (DNS rebinding).
    ///   - peer: The address of the other end of the connection.
    /// - Returns: Whether it does, as far as can be seen.
    static func isFromThisMachine(_ request: HTTPRequest, peer: String?) -> Bool {
        peer.map(Loopback.contains) ?? false
            && request.authority.map(Loopback.isHost) ?? false
            && request.headerFields.allSatisfy { names.contains($0.name.canonicalName) }
    }
}

/// Addresses and names of this machine.
enum Loopback {
    /// Whether an address, as the socket has it, is one of them; IPv4 mapped into IPv6 included.
    static func contains(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }

    /// Whether `HOST[:PORT]` is one of them.
    static func isHost(_ authority: String) -> Bool {
        authority.wholeMatch(of: /(?i:localhost|127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\])(:[0-9]*)?/)
            != nil
    }
}
