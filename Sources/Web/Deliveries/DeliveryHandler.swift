import NIOCore
import NIOHTTP1

/// Answers Stripe's deliveries on the event loop, and passes all other requests on to Hummingbird.
///
/// Hummingbird answers each request from a task, whose switches of thread, context and middleware cost more than
/// the rest of a delivery. The handler stands directly behind ``RequestLimitsHandler``, whose rules and deadlines
/// therefore hold for deliveries too, and which lets only one request in at a time.
final class DeliveryHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let controller: WebhookController
    private let mailboxes: LoopMailboxes
    /// The address of the client, asked for once a connection.
    private var peer: SocketAddress?
    /// Answers `delivery` on the event loop; set while the handler is in a pipeline.
    private var answering: (@Sendable (DeliveryResult) -> Void)?
    /// The delivery that is not answered yet.
    private var delivery: Delivery?
    /// The parts that come belong to a delivery, answered or not.
    private var isArriving = false
    /// The rest of the body is ignored, because the delivery was refused.
    private var isRefused = false
    /// The client closed its side while a delivery waited for its answer.
    private var isInputClosed = false

    init(_ controller: WebhookController, _ mailboxes: LoopMailboxes) {
        self.controller = controller
        self.mailboxes = mailboxes
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let mailbox = mailboxes.mailbox(of: context.eventLoop)
        let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Never at once: if refused requests that wait in the pipeline were answered from within each other, enough
        // of them would overflow the stack.
        answering = { result in
            mailbox.add {
                let (handler, context) = own.value
                handler.answer(context, result)
            }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { answering = nil }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where controller.takes(head):
            isArriving = true
            isRefused = false
            if peer == nil { peer = context.remoteAddress }
            let delivery = controller.begin(head, from: peer)
            self.delivery = delivery
            if let refusal = delivery.refusal {
                refuse(refusal)
            } else if head.headers.contains(name: "expect") {
                context.triggerUserOutboundEvent(BodyWanted(), promise: nil)
            }
        case .body(let part) where isArriving:
            guard !isRefused else { return }
            do throws(APIError) {
                try delivery?.body.append(part)
            } catch {
                refuse(error)
            }
        case .end where isArriving:
            isArriving = false
            if !isRefused { submit() }
        case .head, .body, .end:
            context.fireChannelRead(data)
        }
    }

    private func submit() {
        delivery?.body.end()
        guard let answering, let delivery else { return }
        do throws(APIError) {
            let event = try controller.event(of: delivery)
            self.delivery?.event = event
            controller.log.record(event) { answering(.recorded($0)) }
        } catch {
            refuse(error)
        }
    }

    private func refuse(_ error: APIError) {
        isRefused = true
        delivery?.body.end()
        answering?(.refused(error))
    }

    /// The end of the body did not come: an error of the connection, or bytes that are not HTTP.
    private func breakOff() {
        if isArriving, !isRefused { refuse(.malformed) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Hummingbird would close the connection before the answer.
        guard isArriving || delivery != nil else {
            context.fireErrorCaught(error)
            return
        }
        breakOff()
    }

    func channelInactive(context: ChannelHandlerContext) {
        breakOff()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if delivery != nil, case .inputClosed? = event as? ChannelEvent {
            isInputClosed = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: The answer

    private func answer(_ context: ChannelHandlerContext, _ result: DeliveryResult) {
        guard let delivery else { return }
        let answer = controller.answer(to: delivery, result)
        // Before the end is written: the next request may arrive while it is.
        self.delivery = nil
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
        let end = wrapOutboundOut(.end(nil))
        guard isInputClosed else {
            context.writeAndFlush(end, promise: nil)
            return
        }
        isInputClosed = false
        context.writeAndFlush(end).assumeIsolated().whenComplete { _ in
            // Hummingbird closes the connection then.
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }
}
