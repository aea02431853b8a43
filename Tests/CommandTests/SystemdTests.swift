import Foundation
import Synchronization
import Testing

@testable import ConsoleBilling

#if canImport(Glibc)
import Glibc
#endif

/// The messages of the service to systemd.
struct SystemdTests {
    /// A datagram socket of systemd's, bound to a path or to an abstract name.
    private final class Listener: Sendable {
        let name: String
        private let descriptor: Int32

        init(_ name: String) throws {
            self.name = name
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(name.utf8)
            if name.hasPrefix("@") { bytes[0] = 0 }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
            }
            try #require(descriptor >= 0 && bound == 0)
        }

        deinit { close(descriptor) }

        /// The messages that were sent and are not received yet.
        var said: [String] {
            var messages: [String] = []
            var buffer = [UInt8](repeating: 0, count: 256)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return messages }
                messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
            }
        }
    }

    private static func path() -> String {
        FileManager.default.temporaryDirectory.appending(path: "notify-\(UUID().uuidString.prefix(8))").path
    }

    @Test(arguments: [path(), "@console-billing-\(UUID().uuidString)"])
    func `messages arrive, at a path and at an abstract name`(name: String) throws {
        let listener = try Listener(name)
        defer { unlink(name) }
        let socket = try #require(NotifySocket(name))
        socket.say(.ready)
        socket.say(.well)
        #expect(listener.said == ["READY=1", "WATCHDOG=1"])
    }

    @Test func `a socket without a listener is no error`() throws {
        try #require(NotifySocket(Self.path())).say(.ready)
    }

    @Test(arguments: [nil, "", "notify", "vsock:2:1234", "/" + String(repeating: "x", count: 200)])
    func `what names no socket is none`(name: String?) {
        #expect(NotifySocket(name) == nil)
    }

    @Test(arguments: [
        (["WATCHDOG_USEC": "30000000"], Duration.seconds(15)),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], .seconds(15)),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], nil), (["WATCHDOG_USEC": "0"], nil),
        (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
    ])
    func `systemd gets two messages within its interval, if it set one for this process`(
        environment: [String: String],
        expected: Duration?
    ) {
        #expect(Watchdog.interval(in: environment, process: 7) == expected)
    }

    @Test func `systemd gets watchdog messages only while the service works`() async throws {
        let name = Self.path()
        let listener = try Listener(name)
        defer { unlink(name) }
        let rounds = Mutex([true, false, true])
        let pauses = Mutex<[Duration]>([])
        let watchdog = Watchdog(socket: try #require(NotifySocket(name)), interval: .seconds(15)) {
            rounds.withLock { $0.removeFirst() }
        } pause: { duration in
            pauses.withLock { $0.append(duration) }
            if rounds.withLock(\.isEmpty) { throw CancellationError() }
        }
        try await watchdog.run()
        #expect(listener.said == ["WATCHDOG=1", "WATCHDOG=1"])
        #expect(pauses.withLock(\.self) == [.seconds(15), .seconds(15), .seconds(15)])
    }
}
