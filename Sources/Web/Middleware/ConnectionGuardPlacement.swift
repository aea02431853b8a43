import NIOCore
import NIOHTTP1

/// Puts ``ConnectionGuard`` where Hummingbird has no place for handlers: right behind NIO's parser.
///
/// What comes after it translates requests into the shared HTTP types, which know neither the version of HTTP
/// nor whether the connection is to be kept.
final class ConnectionGuardPlacement: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    private let deadlines: ConnectionGuard.Deadlines

    init(deadlines: ConnectionGuard.Deadlines) { self.deadlines = deadlines }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            // Without it Hummingbird takes up what was pipelined even after an answer that closes.
            let handlers: [any ChannelHandler] = [
                EndOfService(), HTTPServerPipelineHandler(), ConnectionGuard(deadlines: deadlines),
            ]
            try pipeline.addHandlers(handlers, position: .after(parser))
        } catch {
            context.close(promise: nil)
        }
    }
}

/// The service ends, and with it soon every connection.
struct ServiceEnds: Sendable {}

/// Tells ``ConnectionGuard`` of a shutdown in the place of those who would close an idle connection at once.
private final class EndOfService: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event is ChannelShouldQuiesceEvent ? ServiceEnds() : event)
    }
}
