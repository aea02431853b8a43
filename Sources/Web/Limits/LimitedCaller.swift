import Hummingbird
import NIOCore
import Storage

#if canImport(Glibc)
import Glibc
#endif

/// The caller whose rate limit a request is charged to.
enum LimitedCaller: Hashable, Sendable {
    /// An API key without a user, by its name.
    case key(String)
    /// A user of Console, from a bearer token, or named in a header beside an API key.
    case user(String)
    /// The holder of a customer session.
    case customer(CustomerKey)
    /// A caller with a signed link, or without a valid credential, by address; `nil` if there is no address.
    case stranger(NetworkAddress?)

    var isKey: Bool {
        if case .key = self { true } else { false }
    }
}

/// A network address: all of an IPv4 address, or the /64 prefix of an IPv6 address, because a household has
/// at least a /64.
struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    init?(_ text: some StringProtocol) {
        guard let address = try? SocketAddress(ipAddress: String(text), port: 0) else { return nil }
        self.init(address)
    }

    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address): bytes = withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address):
            let all = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
            bytes = all.starts(with: mapped) ? Array(all.suffix(4)) : Array(all.prefix(8))
        case .unixDomainSocket: return nil
        }
    }

    /// The address that a request comes from.
    ///
    /// If the peer is in a private network, as a proxy in front of the service is, the last address in
    /// `X-Forwarded-For` counts, because the proxy itself added that address. From other peers the header can
    /// be forged and is ignored.
    init?(of request: Request, peer: SocketAddress?) {
        self.init(of: peer, forwardedFor: request.headers[values: .forwardedFor].last)
    }

    /// See ``init(of:peer:)``; of the lines of `X-Forwarded-For` the last one counts.
    init?(of peer: SocketAddress?, forwardedFor line: String?) {
        guard let own = peer.flatMap({ Self($0) }) else { return nil }
        let last = line?.split(separator: ",").last
        let told = last.flatMap { Self($0.drop { $0 == " " }.prefix { $0 != " " }) }
        self = own.isPrivate ? told ?? own : own
    }

    /// `192.0.2.7`, or `2001:db8:0:1::/64`.
    var description: String {
        guard bytes.count == 8 else { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 8, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        return groups.map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    /// Whether the address is a loopback address or in a private network (RFC 1918 and RFC 4193).
    var isPrivate: Bool {
        guard bytes.count == 4 else { return bytes[0] & 0xFE == 0xFC || bytes.allSatisfy { $0 == 0 } }
        switch (bytes[0], bytes[1]) {
        case (127, _), (10, _), (192, 168), (172, 16...31): return true
        default: return false
        }
    }
}
