import Web

/// The URL that a command sends to: scheme, host, optional port and path.
///
/// Only plain URLs are accepted, and the URL is rebuilt from its parsed parts, so that the checked host is
/// the host connected to.
struct ServerAddress: Sendable, Equatable, CustomStringConvertible {
    static let webhookPath = WebhookController.path

    let scheme: String
    let host: String
    let port: Int?
    /// Without a slash at its end; empty for the root.
    var path = ""

    /// The URL to post events to: with the given path, or else the default one.
    var webhook: ServerAddress {
        path.isEmpty ? appending(Self.webhookPath) : self
    }

    func appending(_ more: String) -> ServerAddress {
        ServerAddress(scheme: scheme, host: host, port: port, path: path + more)
    }

    /// The server's root, if the path is that of the webhook.
    var base: ServerAddress {
        guard path.hasSuffix(Self.webhookPath) else { return self }
        let prefix = String(path.dropLast(Self.webhookPath.count))
        return ServerAddress(scheme: scheme, host: host, port: port, path: prefix)
    }

    /// Whether the host is this machine (loopback).
    var isLoopback: Bool { WebOrigin(of: "\(scheme)://\(host)")?.isLoopback ?? false }

    var description: String { "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")\(path)" }
}

extension ServerAddress {
    /// Reads `http://host:port/path`; without a scheme, http is meant.
    init?(_ text: String) {
        let pieces = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let scheme = pieces.count == 2 ? pieces[0].lowercased() : "http"
        guard let rest = pieces.last, !rest.contains(where: { "?#@".contains($0) }),
            let origin = WebOrigin(of: "\(scheme)://\(rest)")
        else { return nil }
        var path = rest.drop { $0 != "/" }
        while path.last == "/" { path.removeLast() }
        self.init(scheme: origin.scheme, host: origin.host, port: origin.port, path: String(path))
    }
}
