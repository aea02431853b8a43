/// The URL that a command sends to: scheme, host, optional port and path.
///
/// Only plain URLs are accepted, and the URL is rebuilt from its parsed parts, so that the checked host is
/// the host connected to.
struct ServerAddress: Sendable, Equatable, CustomStringConvertible {
    static let webhookPath = "/v1/stripe-webhook"

    let scheme: String
    let host: String
    let port: Int?
    /// Without a slash at its end; empty for the root.
    let path: String

    init(scheme: String, host: String, port: Int?, path: String = "") {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads `http://host:port/path`; without a scheme, http is meant.
    init?(_ text: String) {
        let pieces = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let scheme = pieces.count == 2 ? pieces[0].lowercased() : "http"
        guard scheme == "http" || scheme == "https", var rest = pieces.last else { return nil }

        let host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[...end]
            rest = rest[rest.index(after: end)...]
            guard host.dropFirst().dropLast().allSatisfy({ $0 == ":" || $0 == "." || $0.isHexDigit }) else {
                return nil
            }
        } else {
            host = rest.prefix { $0 != ":" && $0 != "/" }
            rest = rest[host.endIndex...]
            guard host.utf8.allSatisfy(Self.isHostByte) else { return nil }
        }
        guard !host.isEmpty else { return nil }

        var port: Int?
        if rest.first == ":" {
            let digits = rest.dropFirst().prefix { $0 != "/" }
            guard let number = Int(digits), 1...65535 ~= number, digits.first != "+" else { return nil }
            port = number
            rest = rest.dropFirst(1 + digits.count)
        }
        let isPath = rest.utf8.allSatisfy { 0x21...0x7E ~= $0 } && !rest.contains { "?#\\@".contains($0) }
        guard rest.isEmpty || rest.first == "/", isPath else { return nil }
        while rest.last == "/" { rest = rest.dropLast() }
        self.init(scheme: scheme, host: host.lowercased(), port: port, path: String(rest))
    }

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
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        let isPlain = numbers.allSatisfy { UInt8($0).map(String.init) == String($0) }
        return numbers.count == 4 && numbers[0] == "127" && isPlain
    }

    var description: String { "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")\(path)" }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
