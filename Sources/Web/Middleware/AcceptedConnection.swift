import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Synchronization

/// A connection that was accepted, and closes where nobody takes it up.
///
/// The server may end between the two, and NIO ends the whole process over a connection that is let go of unfinished.
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

    /// Whoever has it finishes it.
    func take() -> Parts {
        isTaken.store(true, ordering: .relaxed)
        return parts
    }
}

/// HTTP/1.1 as Hummingbird speaks it, on connections that may be let go of.
struct AcceptedHTTP1: ServerChildChannel {
    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<AcceptedConnection> {
        base.setup(channel: channel, logger: logger).map(AcceptedConnection.init)
    }

    func handle(value: AcceptedConnection, logger: Logger) async {
        await base.handle(value: value.take(), logger: logger)
    }
}
