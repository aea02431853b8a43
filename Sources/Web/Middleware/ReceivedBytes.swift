import NIOCore
import NIOHTTP1

/// Notes that a part of a header has arrived, of which the parser says nothing; stands before the parser.
final class ReceivedBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes came since this was last set to false.
    var isHeadArriving = false
    /// The header did not end in time.
    private(set) var isTooSlow = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Some clients send a line break after a body.
        if !isHeadArriving {
            isHeadArriving = unwrapInboundIn(data).readableBytesView.contains { $0 != 0x0D && $0 != 0x0A }
        }
        context.fireChannelRead(data)
    }

    /// Ends a header that does not end by itself.
    ///
    /// `HTTPServerPipelineHandler` lets an answer without a request pass only after an error of the parser.
    func breakOff() {
        isTooSlow = true
        context?.fireErrorCaught(HTTPParserError.invalidEOFState)
    }
}
