import NIOCore
import NIOHTTP1

/// Puts ``RequestLimitsHandler`` and the handlers behind it directly behind NIO's parser, where Hummingbird has no
/// place for handlers.
///
/// Hummingbird's handlers convert requests into the shared HTTP types, which have neither the version of HTTP
/// nor whether the connection is kept alive.
final class RequestLimitsHandlerPlacement: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    private let deadlines: RequestLimitsHandler.Deadlines
    private let inner: [any ChannelHandler]

    /// - Parameters:
    ///   - deadlines: The time limits of a connection.
    ///   - inner: Handlers between the limits and Hummingbird.
    init(deadlines: RequestLimitsHandler.Deadlines, inner: [any ChannelHandler] = []) {
        self.deadlines = deadlines
        self.inner = inner
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            // Without this handler Hummingbird accepts pipelined requests even after an answer that closes
            // the connection.
            let input = ReceivedBytes()
            let handlers: [any ChannelHandler] = [
                EndOfService(), HTTPServerPipelineHandler(),
                RequestLimitsHandler(deadlines: deadlines, input: input),
            ]
            try pipeline.addHandlers(handlers + inner, position: .after(parser))
            try pipeline.addHandler(input, position: .before(parser))
        } catch {
            context.close(promise: nil)
        }
    }
}

/// The event that the body of the current request is wanted, and may be sent.
struct BodyWanted: Sendable {}

/// The event that the service is shutting down.
struct ServiceEnds: Sendable {}

/// Converts the shutdown event to ``ServiceEnds``, because later handlers would close an idle connection at
/// once.
private final class EndOfService: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event is ChannelShouldQuiesceEvent ? ServiceEnds() : event)
    }
}
