import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A listening socket whose side of every connection is a script, for what no proper server would do.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let connections = Mutex(0)

    /// Runs `script` on a thread of its own for every connection, and closes the connection after it.
    init(_ script: @escaping @Sendable (RawConnection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            guard let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
            return bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [weak self] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else {
                    // Not before: its number could be another server's by the time it is accepted from again.
                    close(listener)
                    return
                }
                self?.connections.withLock { $0 += 1 }
                Thread.detachNewThread {
                    let connection = RawConnection(socket: socket)
                    script(connection)
                    close(socket)
                }
            }
        }
    }

    /// Answers every request on every connection with the same bytes.
    convenience init(answering answer: String) throws {
        try self.init { connection in
            while connection.readHead() != nil { connection.write(answer) }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    var url: String { "http://127.0.0.1:\(port)/" }
    var connectionCount: Int { connections.withLock { $0 } }

    /// A port on which nothing listens.
    static func deadPort() throws -> UInt16 {
        let server = try RawServer { _ in }
        return server.port
    }
}

struct RawConnection: Sendable {
    let socket: Int32

    /// Everything up to the empty line, or nil when the other side has hung up.
    func readHead() -> String? {
        var head = ""
        while !head.hasSuffix("\r\n\r\n") {
            guard let byte = readByte() else { return nil }
            head.unicodeScalars.append(Unicode.Scalar(byte))
        }
        return head
    }

    func read(_ count: Int) -> String {
        String(decoding: (0..<count).compactMap { _ in readByte() }, as: UTF8.self)
    }

    /// False when the other side has hung up.
    @discardableResult
    func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    func waitForHangUp() {
        while readByte() != nil {}
    }

    private func readByte() -> UInt8? {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, 0) == 1 ? byte : nil
    }
}
