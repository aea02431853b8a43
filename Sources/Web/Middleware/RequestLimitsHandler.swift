import Hummingbird
import NIOCore
import NIOHTTP1

/// Limits the cost of one connection: a client that sends no request or one that never ends, a client that does
/// not read, bytes that are not HTTP.
///
/// It also enforces rules of HTTP/1 that Hummingbird does not. It closes the connection after either side
/// announced that it will, and ignores later requests on it. It answers HEAD without a body, and HTTP/1.0
/// without chunks. It answers `Expect: 100-continue` once a reader wants the body, so a request that is refused for
/// its header is refused at once.
///
/// It stands behind `HTTPServerPipelineHandler`, so there is only one request at a time.
final class RequestLimitsHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The parts of a body that may be tiny; the others must have 64 bytes on average.
    ///
    /// Each part costs the same processor time, however small. A body in chunks of one byte costs seventy times
    /// as much as the same body in large chunks.
    private static let smallParts = 1024

    /// The bytes that a client must read by each deadline.
    private static let leastProgress = 64 << 10

    private let deadlines: Deadlines
    private let input: ReceivedBytes
    private var exchange: Exchange?
    /// The deadline of what the connection waits for: a request, the rest of one, or its end.
    private var deadline: ConnectionDeadline?
    private var writeDeadline: Scheduled<Void>?
    /// The service is shutting down, so the next answer is the last.
    private var isEnding = false
    /// The bytes of bodies that were passed on for sending on this connection.
    private var bodyBytes = 0
    /// The last answer was sent, so later input is ignored.
    private var isOver = false

    init(deadlines: Deadlines, input: ReceivedBytes) {
        self.deadlines = deadlines
        self.input = input
    }

    // MARK: Input

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = ConnectionDeadline(on: context.eventLoop) { [self] in
            if deadline?.isDue() == true { giveUp(context) }
        }
        if context.channel.isActive { deadline?.set(in: deadlines.idle) }
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline?.set(in: deadlines.idle)
        context.fireChannelActive()
    }

    /// Closes the connection at its deadline; a request whose header began to arrive is answered first.
    private func giveUp(_ context: ChannelHandlerContext) {
        if input.isHeadArriving, exchange == nil, !isOver, !isEnding {
            input.breakOff()
        } else {
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            exchange = Exchange(head)
            if isEnding { exchange?.isLast = true }
            deadline?.set(in: deadlines.request)
            guard head.isFramedBeyondDoubt else {
                refuse(context, .malformed)
                return
            }
        case .body(let part):
            guard exchange?.isCrumbled != true else { return }
            exchange?.awaitsContinue = false
            exchange?.received.bytes += part.readableBytes
            exchange?.received.parts += 1
            if let (bytes, parts) = exchange?.received, parts > Self.smallParts + bytes / 64 {
                exchange?.isCrumbled = true
                errorCaught(context: context, error: HTTPParserError.invalidChunkSize)
                return
            }
        case .end:
            guard exchange?.isCrumbled != true else { return }
            deadline?.clear()
            exchange?.hasArrived = true
            exchange?.awaitsContinue = false
            input.isHeadArriving = false
            removeFinishedExchange()
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // This error only repeats the first: more bytes came after those that the parser had rejected.
        guard !isOver, !(error is ByteToMessageDecoderError) else { return }
        guard error is HTTPParserError else {
            context.fireErrorCaught(error)
            context.close(promise: nil)
            return
        }
        guard let exchange else {
            // A connection that ends in the middle of a header also causes an error, and then no client can
            // receive an answer.
            if context.channel.isActive { refuse(context, input.isTooSlow ? .tooSlow : .malformed(error)) }
            return
        }
        guard !exchange.isBeingAnswered else {
            context.close(promise: nil)
            return
        }
        // The reader of the body must get the error, because Hummingbird would take a broken body for a
        // complete one.
        self.exchange?.isLast = true
        context.fireErrorCaught(error)
    }

    // MARK: Output

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        guard !isOver, exchange?.awaitsContinue == true else { return }
        exchange?.awaitsContinue = false
        let granted = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(granted)), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isOver else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.code < 200: context.write(data, promise: promise)
        case .head(let head):
            let adjusted = exchange?.begin(head) ?? head
            context.write(wrapOutboundOut(.head(adjusted)), promise: promise)
        // NIO's encoder does not know that this answers HEAD, and a client would read the body as the next
        // answer.
        case .body where exchange?.isHead == true: promise?.succeed()
        case .body(let part):
            exchange?.bodyParts += 1
            bodyBytes += part.readableBytes
            context.write(data, promise: promise)
        case .end: finishWhenSent(context, data, promise)
        }
    }

    /// Writes the end of an answer only once the rest of it was sent.
    ///
    /// The handlers behind this one treat the end as an idle connection, and a shutdown closes an idle
    /// connection with all bytes still to be sent. Hummingbird can be megabytes ahead of the socket.
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
            removeFinishedExchange()
            context.write(data, promise: promise)
            return
        }
        end(context, with: data, promise, lingering: !exchange.asksForTunnel)
    }

    private func removeFinishedExchange() {
        guard let exchange, exchange.hasArrived, exchange.isAnswered else { return }
        self.exchange = nil
        deadline?.set(in: isEnding ? deadlines.lastCall : deadlines.idle)
    }

    private func refuse(_ context: ChannelHandlerContext, _ error: APIError) {
        let (head, body) = error.lastAnswer()
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        end(context, with: wrapOutboundOut(.end(nil)), nil, lingering: true)
        context.flush()
    }

    /// Writes the last part of the last answer, and closes the connection once that part was written.
    private func end(
        _ context: ChannelHandlerContext,
        with data: NIOAny,
        _ promise: EventLoopPromise<Void>?,
        lingering: Bool
    ) {
        isOver = true
        deadline?.clear()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.cascade(to: promise)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            guard lingering else {
                context.close(promise: nil)
                return
            }
            // Closing a socket with unread bytes resets the connection, and the client could lose the answer.
            context.close(mode: .output, promise: nil)
            deadline?.set(in: .seconds(1))
        }
        context.write(data, promise: written)
    }

    // MARK: Shutdown

    /// Makes the current answer the last one if its head was not sent yet, otherwise the next answer.
    ///
    /// Closing an idle connection at once would lose a request that the client sent before it knew of the
    /// shutdown.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ServiceEnds else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard !isOver, !isEnding else { return }
        isEnding = true
        guard let exchange else {
            deadline?.set(in: deadlines.lastCall)
            return
        }
        if !exchange.isBeingAnswered { self.exchange?.isLast = true }
    }

    // MARK: Slow clients

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeDeadline?.cancel()
        writeDeadline = nil
        if !context.channel.isWritable { watchReader(context) }
        context.fireChannelWritabilityChanged()
    }

    /// Closes the connection if the client reads too little within the deadline; a slow client that makes
    /// progress is kept.
    ///
    /// Whether the channel becomes writable does not show the progress, because Hummingbird can be megabytes
    /// ahead. The progress is checked three times within each deadline, so that a client that stops is
    /// disconnected soon after its deadline.
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
        writeDeadline?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }
}
