#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Wildcard addresses: a server can listen on them, but a link cannot lead to them.
enum WildcardAddress {
    /// Whether a host is `0.0.0.0`, `::` or another spelling of either, such as `0` or `[::]`.
    static func matches(_ host: String) -> Bool {
        let text = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        if text == "*" { return true }
        var v4 = in_addr()
        if inet_aton(text, &v4) != 0 { return v4.s_addr == 0 }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return false }
        let bytes = withUnsafeBytes(of: v6) { Array($0) }
        let isMapped = bytes[..<12].elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
        return bytes[12...].allSatisfy { $0 == 0 } && (isMapped || bytes[..<12].allSatisfy { $0 == 0 })
    }
}
