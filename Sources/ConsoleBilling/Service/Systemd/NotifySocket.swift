#if canImport(Glibc)
import Glibc
#endif

/// The datagram socket (`NOTIFY_SOCKET`) on which systemd receives the service's state.
///
/// Source: sd_notify(3). Implemented here without libsystemd, since a message is one datagram of text.
struct NotifySocket: Sendable {
    /// The messages that a service may send.
    enum State: String, Sendable {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
        /// Must be sent again within each watchdog interval.
        case well = "WATCHDOG=1"
    }

    private let address: [UInt8]

    /// - Parameter name: A path, or `@` and the name of an abstract socket. The initialiser fails for
    ///   anything else, and for a name that is too long.
    init?(_ name: String?) {
        guard let name, let first = name.utf8.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
        else { return nil }
        var bytes = Array(name.utf8)
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = bytes
    }

    /// Sends a message and ignores errors: the service runs with or without a receiver.
    func say(_ state: State) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: address) }
        let length = MemoryLayout<sa_family_t>.size + address.count
        let message = Array(state.rawValue.utf8)
        _ = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                sendto(
                    descriptor,
                    message,
                    message.count,
                    Int32(MSG_NOSIGNAL),
                    name,
                    socklen_t(length)
                )
            }
        }
    }
}
