import Foundation
import HTTPClient
import StripeAPI

/// A TCP connection to the service, for bytes that an HTTP client would not send.
///
/// Its calls block, so they run on threads of their own: the service under test needs the cooperative ones.
final class RawConnection: Sendable {
    enum Failure: Error, Equatable {
        case cannotConnect
        /// The peer closed, or said nothing for too long, before an answer was whole.
        case noAnswer
        case malformed
    }

    private let descriptor: Int32

    /// Connects to this machine; a service that says nothing for `silenceSeconds` is not waited for longer.
    init(port: Int, silenceSeconds: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: silenceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure.cannotConnect }
    }

    deinit { close(descriptor) }

    /// Sends bytes; a peer that stops reading is no failure, for it may answer all the same.
    func send(_ text: String) async { await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async {
        let descriptor = self.descriptor
        await Self.blocking {
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return }
                rest = rest.dropFirst(sent)
            }
        }
    }

    /// Reads one whole answer, framed by its length, by chunks, or by the end of the connection; answers below
    /// 200 are passed over, unless `skipsInterim` is false.
    func answer(toHead: Bool = false, skipsInterim: Bool = true) async throws -> Answer {
        let descriptor = self.descriptor
        return try await Self.blocking {
            Result {
                try RawAnswerReader(descriptor: descriptor).read(toHead: toHead, skipsInterim: skipsInterim)
            }
        }.get()
    }

    /// Whether the peer ends the connection and sends nothing more before it does.
    func isClosedByPeer() async -> Bool {
        let descriptor = self.descriptor
        return await Self.blocking {
            var byte: UInt8 = 0
            let count = recv(descriptor, &byte, 1, 0)
            return count == 0 || (count < 0 && errno == ECONNRESET)
        }
    }

    /// Makes the end of the connection a reset (RST), as of a client that was killed.
    func resetAtEnd() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: body()) }
            thread.start()
        }
    }
}

/// Reads the bytes of one HTTP/1.1 answer, one at a time: tests need clarity, not speed.
private struct RawAnswerReader {
    let descriptor: Int32

    func read(toHead: Bool, skipsInterim: Bool) throws -> Answer {
        var (status, headers) = try head()
        while status < 200, skipsInterim { (status, headers) = try head() }
        guard !toHead, status != 204, status != 304 else {
            return Answer(status: status, headers: headers, body: [])
        }
        return Answer(status: status, headers: headers, body: try body(headers))
    }

    private func head() throws -> (Int, TransportHeaders) {
        let parts = try line().split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, let status = Int(parts[1]) else { throw RawConnection.Failure.malformed }
        var headers = TransportHeaders()
        while case let text = try line(), !text.isEmpty {
            guard let colon = text.firstIndex(of: ":") else { throw RawConnection.Failure.malformed }
            let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers.append(String(text[..<colon]), value)
        }
        return (status, headers)
    }

    private func body(_ headers: TransportHeaders) throws -> [UInt8] {
        if let length = headers["Content-Length"].flatMap({ Int($0) }) { return try bytes(length) }
        guard headers["Transfer-Encoding"] == "chunked" else { return try bytesToEnd() }
        var body: [UInt8] = []
        while true {
            guard let size = Int(try line(), radix: 16) else { throw RawConnection.Failure.malformed }
            body += try bytes(size)
            _ = try line()
            if size == 0 { return body }
        }
    }

    private func line() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = try byte()
            if byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
        }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func bytes(_ count: Int) throws -> [UInt8] { try (0..<count).map { _ in try byte() } }

    private func bytesToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = try? byte() { bytes.append(byte) }
        return bytes
    }

    private func byte() throws -> UInt8 {
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, 0) == 1 else { throw RawConnection.Failure.noAnswer }
        return byte
    }
}
