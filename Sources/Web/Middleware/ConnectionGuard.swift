import Hummingbird
import NIOCore
import NIOHTTP1

/// Bounds what one connection can cost: a request that never ends, a reader that does not read, bytes that
/// are no HTTP.
///
/// Also keeps the rules of HTTP/1 that Hummingbird leaves to others: it closes where either side says that it
/// will, and takes up nothing that comes after; it answers HEAD without a body and HTTP/1.0 without chunks; it
/// grants `Expect: 100-continue`.
///
/// Stands behind `HTTPServerPipelineHandler`, so that there is one request at a time.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long things may take.
    struct Deadlines: Sendable {
        var request: TimeAmount = .seconds(30)
        var write: TimeAmount = .seconds(30)
        /// At a shutdown, for a request that is on its way to an idle connection.
        var lastCall: TimeAmount = .milliseconds(200)
    }

    /// One request and its answer.
    private struct Exchange {
        let isHead: Bool
        let isOld: Bool
        /// After it NIO's parser hears nothing more, because a tunnel was asked for that we do not make.
        let asksForTunnel: Bool
        /// Nothing else is taken up on this connection.
        var isLast: Bool
        var hasArrived = false
        var isBeingAnswered = false
        var bodyParts = 0
        var isAnswered = false

        init(_ head: HTTPRequestHead) {
            isHead = head.method == .HEAD
            isOld = head.version == .http1_0
            let offersUpgrade =
                head.headers.contains(name: "upgrade")
                && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            asksForTunnel = head.method == .CONNECT || offersUpgrade
            isLast = isOld || asksForTunnel || !head.isKeepAlive
        }
    }

    /// What a reader takes at least by each deadline.
    private static let leastProgress = 64 << 10

    private let deadlines: Deadlines
    private var exchange: Exchange?
    private var requestDeadline: Scheduled<Void>?
    private var writeDeadline: Scheduled<Void>?
    private var lastCall: Scheduled<Void>?
    /// The service ends: the next answer that is begun is the last.
    private var isEnding = false
    /// Handed on to be sent on this connection so far.
    private var bodyBytes = 0
    /// The last answer was given: what still comes is not looked at.
    private var isOver = false

    init(deadlines: Deadlines) { self.deadlines = deadlines }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            exchange = Exchange(head)
            if isEnding { exchange?.isLast = true }
            lastCall?.cancel()
            guard Self.isFramedBeyondDoubt(head) else {
                refuse(context, .malformed)
                return
            }
            requestDeadline?.cancel()
            requestDeadline = closing(context, in: deadlines.request)
            if head.version != .http1_0, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                let granted = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(granted)), promise: nil)
            }
        case .body: break
        case .end:
            requestDeadline?.cancel()
            requestDeadline = nil
            exchange?.hasArrived = true
            forgetWhatIsDone(context)
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The second is an echo: more came after bytes that the parser had given up on.
        guard !isOver, !(error is ByteToMessageDecoderError) else { return }
        guard error is HTTPParserError else {
            context.fireErrorCaught(error)
            context.close(promise: nil)
            return
        }
        guard let exchange else {
            // A connection that ends in the middle of a header errs too, and there is nobody left to tell.
            if context.channel.isActive { refuse(context, Self.refusal(of: error)) }
            return
        }
        guard !exchange.isBeingAnswered else {
            context.close(promise: nil)
            return
        }
        // Whoever reads the body has to hear of it: to Hummingbird a body that breaks off is one that ends.
        self.exchange?.isLast = true
        context.fireErrorCaught(error)
    }

    // MARK: What is answered

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isOver else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.code < 200: context.write(data, promise: promise)
        case .head(let head): context.write(wrapOutboundOut(.head(asItWillBe(head))), promise: promise)
        // NIO's encoder does not know that it answers HEAD, and the next answer would begin with this body.
        case .body where exchange?.isHead == true: promise?.succeed()
        case .body(let part):
            exchange?.bodyParts += 1
            bodyBytes += part.readableBytes
            context.write(data, promise: promise)
        case .end: finishWhenSent(context, data, promise)
        }
    }

    /// Lets the end of an answer follow when the rest of it has left.
    ///
    /// Behind us the end means that the connection is idle, and at a shutdown an idle connection is closed with
    /// all that is still to be sent on it. Hummingbird can be megabytes ahead of the socket.
    private func finishWhenSent(
        _ context: ChannelHandlerContext,
        _ data: NIOAny,
        _ promise: EventLoopPromise<Void>?
    ) {
        guard exchange.map({ $0.bodyParts > 1 }) ?? false || !context.channel.isWritable else {
            finish(context, data, promise)
            return
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            finish(context, data, promise)
            context.flush()
        }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: sent)
    }

    private func finish(
        _ context: ChannelHandlerContext,
        _ data: NIOAny,
        _ promise: EventLoopPromise<Void>?
    ) {
        exchange?.isBeingAnswered = false
        exchange?.isAnswered = true
        guard let exchange, exchange.isLast else {
            forgetWhatIsDone(context)
            context.write(data, promise: promise)
            return
        }
        end(context, with: data, promise, lingering: !exchange.asksForTunnel)
    }

    /// The head with what this connection's future asks for.
    private func asItWillBe(_ head: HTTPResponseHead) -> HTTPResponseHead {
        var head = head
        exchange?.isBeingAnswered = true
        let saysClose = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
        let isUnmeasuredHead = exchange?.isHead == true && !head.headers.contains(name: "content-length")
        if exchange?.isOld == true || isUnmeasuredHead {
            // Without it the encoder writes chunks, which HTTP/1.0 cannot read and HEAD must not have.
            head.version = .http1_0
            exchange?.isLast = true
        }
        if saysClose { exchange?.isLast = true }
        if exchange?.isLast == true { head.headers.replaceOrAdd(name: "connection", value: "close") }
        return head
    }

    private func forgetWhatIsDone(_ context: ChannelHandlerContext) {
        guard let exchange, exchange.hasArrived, exchange.isAnswered else { return }
        self.exchange = nil
        if isEnding { callLast(context) }
    }

    private func refuse(_ context: ChannelHandlerContext, _ error: APIError) {
        let requestID = RequestID.make()
        let body = error.bytes(requestID: requestID)
        let headers: HTTPHeaders = [
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": String(body.readableBytes),
            "Request-Id": requestID,
            "Cache-Control": "no-store",
            "Connection": "close",
        ]
        let status = HTTPResponseStatus(statusCode: error.status.code)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        end(context, with: wrapOutboundOut(.end(nil)), nil, lingering: true)
        context.flush()
    }

    /// Writes the last part of the last answer, and closes when it is on its way.
    private func end(
        _ context: ChannelHandlerContext,
        with data: NIOAny,
        _ promise: EventLoopPromise<Void>?,
        lingering: Bool
    ) {
        isOver = true
        requestDeadline?.cancel()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.cascade(to: promise)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            guard lingering else {
                context.close(promise: nil)
                return
            }
            // A socket closed with bytes unread resets the connection, and the answer would be lost with it.
            context.close(mode: .output, promise: nil)
            requestDeadline = closing(context, in: .seconds(1))
        }
        context.write(data, promise: written)
    }

    // MARK: The end of the service

    /// Makes the answer under way the last one where that can still be said, else the next one.
    ///
    /// Closed at once, an idle connection would take with it a request that was sent before anybody knew.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ServiceEnds else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard !isOver, !isEnding else { return }
        isEnding = true
        guard let exchange else { return callLast(context) }
        if !exchange.isBeingAnswered { self.exchange?.isLast = true }
    }

    private func callLast(_ context: ChannelHandlerContext) {
        lastCall?.cancel()
        lastCall = closing(context, in: deadlines.lastCall)
    }

    // MARK: What takes too long

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeDeadline?.cancel()
        writeDeadline = nil
        if !context.channel.isWritable { watchReader(context) }
        context.fireChannelWritabilityChanged()
    }

    /// Closes when too little was read by the deadline: who is slow has not gone away.
    ///
    /// That the channel becomes writable is not enough to go by, for Hummingbird can be megabytes ahead.
    /// Looked at three times a deadline, so that a reader who stops is let go soon after it, whenever it stopped.
    private func watchReader(_ context: ChannelHandlerContext, readings: [Int] = []) {
        let readings = Array((readings + [sentBytes(context)]).suffix(3))
        let eventLoop = context.eventLoop.assumeIsolated()
        let third = TimeAmount.nanoseconds(deadlines.write.nanoseconds / 3)
        writeDeadline = eventLoop.scheduleTask(in: third) { [self] in
            if readings.count < 3 || sentBytes(context) - readings[0] >= Self.leastProgress {
                watchReader(context, readings: readings)
            } else {
                context.close(promise: nil)
            }
        }
    }

    private func sentBytes(_ context: ChannelHandlerContext) -> Int {
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        return bodyBytes - (waiting ?? 0)
    }

    func channelInactive(context: ChannelHandlerContext) {
        requestDeadline?.cancel()
        writeDeadline?.cancel()
        lastCall?.cancel()
        context.fireChannelInactive()
    }

    /// NIO's parser takes an empty `Transfer-Encoding` for none and codings we cannot undo for the body itself.
    ///
    /// A proxy in front of us may see it otherwise, and then one of us sees a request that the other does not. The
    /// same goes for whom a request is for: HTTP/1.1 wants one `Host`, and refuses none and two (RFC 9112, 3.2).
    private static func isFramedBeyondDoubt(_ head: HTTPRequestHead) -> Bool {
        let isOld = head.version == .http1_0
        let hosts = head.headers["host"].count
        guard hosts == 1 || (isOld && hosts == 0) else { return false }
        let codings = head.headers["transfer-encoding"]
        return codings.isEmpty || (codings.count == 1 && codings[0].lowercased() == "chunked" && !isOld)
    }

    private func closing(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
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
        return .malformed
    }
}

extension APIError {
    /// The bytes of the request are not what HTTP says they have to be.
    static var malformed: APIError {
        APIError(
            .badRequest,
            .invalidRequest,
            code: "http_invalid",
            "These bytes are not a well-formed HTTP request.",
            headers: [.connection: "close"]
        )
    }
}
