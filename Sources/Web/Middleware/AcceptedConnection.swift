import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Synchronization

/// An accepted connection, which closes itself if no handler takes it.
///
/// The server may stop in between, and NIO ends the process if a connection is released without being closed.
final class AcceptedConnection: ServerChildChannelValue {
    typealias Parts = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private let parts: Parts
    private let isTaken = Atomic<Bool>(false)

    init(_ parts: Parts) { self.parts = parts }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        Task { [parts] in try? await parts.executeThenClose { _, _ in } }
    }

    var channel: any Channel { parts.channel }

    /// Hands the connection over; the caller must close it.
    func take() -> Parts {
        isTaken.store(true, ordering: .relaxed)
        return parts
    }
}

/// Hummingbird's HTTP/1.1 channel, with connections that may be released before they are handled.
struct AcceptedHTTP1: ServerChildChannel {
    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<AcceptedConnection> {
        base.setup(channel: channel, logger: logger).map(AcceptedConnection.init)
    }

    func handle(value: AcceptedConnection, logger: Logger) async {
        await base.handle(value: value.take(), logger: logger)
    }
}
