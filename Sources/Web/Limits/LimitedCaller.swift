import Hummingbird
import NIOCore
import Storage

#if canImport(Glibc)
import Glibc
#endif

/// Whose budget a request is of.
enum LimitedCaller: Hashable, Sendable {
    /// A key that speaks for nobody in particular, by its name.
    case key(String)
    /// A user of Console's: by a bearer token, or named beside a key.
    case user(String)
    /// Whoever has a session of the customer's.
    case customer(CustomerKey)
    /// A stranger; `nil` where there is no address.
    case stranger(NetworkAddress?)

    var isKey: Bool {
        if case .key = self { true } else { false }
    }
}

/// An address of the network: IPv4 whole, of IPv6 the /64 that one household has at least.
struct NetworkAddress: Hashable, Sendable {
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

    /// Where a request comes from.
    ///
    /// What `X-Forwarded-For` says last counts where the peer is of our own network, as a proxy in front of us is: that
    /// is the address that the proxy itself saw. Of anybody else it is what they like to say.
    init?(of request: Request, peer: SocketAddress?) {
        guard let own = peer.flatMap({ Self($0) }) else { return nil }
        let last = request.headers[values: .forwardedFor].last?.split(separator: ",").last
        let told = last.flatMap { Self($0.drop { $0 == " " }.prefix { $0 != " " }) }
        self = own.isPrivate ? told ?? own : own
    }

    /// Of this machine or a private network: RFC 1918 and RFC 4193.
    var isPrivate: Bool {
        guard bytes.count == 4 else { return bytes[0] & 0xFE == 0xFC || bytes.allSatisfy { $0 == 0 } }
        switch (bytes[0], bytes[1]) {
        case (127, _), (10, _), (192, 168), (172, 16...31): return true
        default: return false
        }
    }
}
