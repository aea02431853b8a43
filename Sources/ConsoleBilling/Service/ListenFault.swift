import Foundation

/// Finds out why the service cannot listen, which the server's error does not say.
enum ListenFault {
    /// Says what is wrong with an address and how to fix it; `nil` if listening on it works.
    static func sentence(host: String, port: Int) -> String? {
        let place = "The service cannot listen on \(host.contains(":") ? "[\(host)]" : host):\(port)"
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found?.pointee else {
            return "\(place): HOST leads to no address. Set it to one of this machine, such as 127.0.0.1."
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { return "\(place): \(String(cString: strerror(errno)))." }
        defer { close(descriptor) }
        var yes: Int32 = 1
        // The server sets this option too: connections of an earlier process in TIME_WAIT then do not block
        // the port.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) != 0 else { return nil }
        switch errno {
        case EADDRINUSE: return "\(place): the port is taken. Set PORT to another one."
        case EADDRNOTAVAIL:
            return
                "\(place): HOST is no address of this machine. Set it to one, such as 127.0.0.1 or 0.0.0.0."
        case EACCES: return "\(place): this user may not use that port. Set PORT to one from 1024 on."
        case EINVAL where host.lowercased().hasPrefix("fe80:"):
            // A link-local address is one of a single interface, which the address alone does not name:
            // <https://www.rfc-editor.org/rfc/rfc4007#section-6>.
            return
                "\(place): HOST is a link-local address, which needs an interface (fe80::1%INTERFACE). HOST takes none, "
                + "and no link can lead there. Set it to another address of this machine, or to :: together with PUBLIC_URL."
        default: return "\(place): \(String(cString: strerror(errno)))."
        }
    }
}
