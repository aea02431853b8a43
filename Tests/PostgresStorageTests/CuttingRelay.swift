import Foundation
import Synchronization

/// Stands between a client and the server, and cuts the connection where a test wants it cut.
final class CuttingRelay: Sendable {
    enum Cut: Sendable, CaseIterable {
        /// The request to commit does not reach the server.
        case beforeCommit
        /// The server commits, and its answer does not reach the client.
        case afterCommit
    }

    let port: UInt16
    private let listener: Int32
    private let serverPort: UInt16
    /// The fault that is still to happen, once.
    private let cut: Mutex<Cut?>

    init(to serverPort: UInt16, _ cut: Cut) throws {
        self.serverPort = serverPort
        self.cut = Mutex(cut)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        let thread = Thread { [listener, weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { return }
                Thread { self.relay(client) }.start()
            }
        }
        thread.start()
    }

    /// Whether the connection was cut already.
    var hasCut: Bool { cut.withLock { $0 == nil } }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func relay(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            Foundation.close(client)
            Foundation.close(server)
        }
        var address = Self.loopback(serverPort)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return }
        var isCommitting = false
        var descriptors = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&descriptors, 2, -1) > 0 {
            for (index, other) in [(0, server), (1, client)] where descriptors[index].revents != 0 {
                guard let bytes = receive(descriptors[index].fd) else { return }
                if index == 0, Self.asksForCommit(bytes) {
                    if take(.beforeCommit) { return }
                    isCommitting = cut.withLock { $0 == .afterCommit }
                }
                if index == 1, isCommitting, Self.tellsOfCommit(bytes), take(.afterCommit) { return }
                guard send(other, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return }
            }
        }
    }

    private func take(_ wanted: Cut) -> Bool {
        cut.withLock { cut in
            guard cut == wanted else { return false }
            cut = nil
            return true
        }
    }

    private func receive(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    /// The first time on a connection the statement goes over the wire as text.
    private static func asksForCommit(_ bytes: [UInt8]) -> Bool {
        Data(bytes).range(of: Data("\0COMMIT\0".utf8)) != nil
    }

    private static func tellsOfCommit(_ bytes: [UInt8]) -> Bool {
        Data(bytes).range(of: Data("COMMIT\0".utf8)) != nil
    }
}
