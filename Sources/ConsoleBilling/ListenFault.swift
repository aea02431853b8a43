import Foundation

/// Looks for what keeps a service from listening, after it could not: the server itself does not say.
enum ListenFault {
    /// What is wrong with a place to listen on, and how to mend it; `nil` where it can be listened on.
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
        // As the server does, for connections of a process before that still wait for their end.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) != 0 else { return nil }
        switch errno {
        case EADDRINUSE: return "\(place): the port is taken. Set PORT to another one."
        case EADDRNOTAVAIL:
            return
                "\(place): HOST is no address of this machine. Set it to one, such as 127.0.0.1 or 0.0.0.0."
        case EACCES: return "\(place): this user may not use that port. Set PORT to one from 1024 on."
        default: return "\(place): \(String(cString: strerror(errno)))."
        }
    }
}
