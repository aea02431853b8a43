#if canImport(Glibc)
import Glibc
#endif

/// Where systemd listens to how its service is: the datagram socket that it names in `NOTIFY_SOCKET`.
///
/// Source: sd_notify(3). Spoken here rather than by libsystemd, since it is one datagram of text.
struct NotifySocket: Sendable {
    /// What a service may say.
    enum State: String, Sendable {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
        /// That it is well, which it has to say in time, again and again.
        case well = "WATCHDOG=1"
    }

    private let address: [UInt8]

    /// - Parameter name: A path, or `@` and the name of an abstract socket; anything else, or one that is too long,
    ///   is nobody's.
    init?(_ name: String?) {
        guard let name, let first = name.utf8.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
        else { return nil }
        var bytes = Array(name.utf8)
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        address = bytes
    }

    /// Says it; whether anybody heard it is not ours to care for.
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
