import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Web

/// Connections when the service ends.
struct ServiceEndTests {
    private static let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private let channel: EmbeddedChannel

    init() throws {
        channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        try pipeline.addHandler(RequestLimitsHandlerPlacement(deadlines: .init()))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func serviceEnds() { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }

    private func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    /// Whether a request was taken up since this was last asked.
    private func takesUp() throws -> Bool {
        var isTaken = false
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .head = part { isTaken = true }
        }
        return isTaken
    }

    private func answerHead() throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "2"])
        try channel.writeOutbound(HTTPServerResponsePart.head(head))
    }

    private func answerRest() throws {
        try channel.writeOutbound(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "ok"))))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    private func sent() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        return text
    }

    private func pass(milliseconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
    }

    @Test func `a request on its way to an idle connection is answered, with Connection: close`() throws {
        serviceEnds()
        pass(milliseconds: 199)
        try receive(Self.request)
        #expect(try takesUp())
        pass(milliseconds: 5000)
        #expect(channel.isActive)
        try answerHead()
        try answerRest()
        let answer = try sent()
        #expect(answer.lowercased().contains("connection: close"))
        #expect(answer.hasSuffix("ok"))
        pass(milliseconds: 1000)
        #expect(!channel.isActive)
    }

    @Test func `an idle connection is closed after the last call, and not before`() throws {
        try receive(Self.request)
        #expect(try takesUp())
        try answerHead()
        try answerRest()
        serviceEnds()
        pass(milliseconds: 199)
        #expect(channel.isActive)
        pass(milliseconds: 1)
        #expect(!channel.isActive)
    }

    @Test func `half a header is no request, and waits no longer`() throws {
        try receive("GET / HTTP/1.1\r\nHo")
        serviceEnds()
        pass(milliseconds: 200)
        #expect(!channel.isActive)
    }

    @Test
    func `an answer that has not begun is the last, and pipelined requests are ignored`()
        throws
    {
        try receive(Self.request + Self.request)
        #expect(try takesUp())
        serviceEnds()
        try answerHead()
        try answerRest()
        #expect(try sent().lowercased().contains("connection: close"))
        #expect(try !takesUp())
        pass(milliseconds: 1000)
        #expect(!channel.isActive)
    }

    @Test func `after an answer that was already begun, one more request is answered`() throws {
        try receive(Self.request)
        #expect(try takesUp())
        try answerHead()
        serviceEnds()
        pass(milliseconds: 5000)
        #expect(channel.isActive)
        try answerRest()
        #expect(try !sent().lowercased().contains("connection: close"))
        try receive(Self.request)
        #expect(try takesUp())
        try answerHead()
        try answerRest()
        #expect(try sent().lowercased().contains("connection: close"))
        pass(milliseconds: 1000)
        #expect(!channel.isActive)
    }
}
