import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Bounds what one connection can cost: a request that never ends, a reader that does not read, bytes that
/// are no HTTP.
///
/// Also closes where an answer says that it will.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long things may take.
    struct Deadlines: Sendable {
        var request: TimeAmount = .seconds(30)
        var write: TimeAmount = .seconds(30)
    }

    private let deadlines: Deadlines
    private var requestDeadline: Scheduled<Void>?
    private var writeDeadline: Scheduled<Void>?
    private var unanswered = 0
    private var closesAfterAnswer = false

    init(deadlines: Deadlines) { self.deadlines = deadlines }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            requestDeadline?.cancel()
            requestDeadline = closing(context, in: deadlines.request)
        case .body: break
        case .end:
            requestDeadline?.cancel()
            requestDeadline = nil
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.code >= 200:
            closesAfterAnswer = head.headerFields[.connection] == "close"
            context.write(data, promise: promise)
        case .end:
            unanswered -= 1
            context.write(data, promise: promise)
            if closesAfterAnswer {
                context.flush()
                context.close(mode: .output, promise: nil)
                requestDeadline?.cancel()
                // What is still being sent is not read for ever.
                requestDeadline = closing(context, in: .seconds(1))
            }
        default: context.write(data, promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeDeadline?.cancel()
        writeDeadline = context.channel.isWritable ? nil : closing(context, in: deadlines.write)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard unanswered == 0 else {
            context.close(promise: nil)
            return
        }
        refuse(context, Self.refusal(of: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        requestDeadline?.cancel()
        writeDeadline?.cancel()
        context.fireChannelInactive()
    }

    private func closing(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    private func refuse(_ context: ChannelHandlerContext, _ error: APIError) {
        let body = error.bytes(requestID: "none")
        var head = HTTPResponse(status: error.status)
        head.headerFields[.contentType] = "application/json; charset=utf-8"
        head.headerFields[.contentLength] = String(body.readableBytes)
        head.headerFields[.connection] = "close"
        let channel = context.channel
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    private static func refusal(of error: any Error) -> APIError {
        if case .headerOverflow? = error as? HTTPParserError {
            return APIError(
                .requestHeaderFieldsTooLarge,
                .invalidRequest,
                code: "headers_too_large",
                "The request's header fields are larger than this service accepts."
            )
        }
        return APIError(
            .badRequest,
            .invalidRequest,
            code: "http_invalid",
            "These bytes are not a well-formed HTTP request."
        )
    }
}
