import Billing
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Storage
import Synchronization
import Testing
import Webhooks

@testable import Web

/// A log that answers when a test says so.
private final class HeldLog: EventLog {
    private let waiting = Mutex<[(event: IncomingEvent, answer: @Sendable (RecordAnswer) -> Void)]>([])

    var events: [String] { waiting.withLock { $0.map(\.event.event.id) } }

    /// Answers the oldest event that waits.
    func answer(_ answer: RecordAnswer = .success(.recorded)) {
        waiting.withLock { $0.removeFirst() }.answer(answer)
    }

    func record(_ event: IncomingEvent, answer: @escaping @Sendable (RecordAnswer) -> Void) {
        waiting.withLock { $0.append((event, answer)) }
    }

    func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>? { nil }
    func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally] { [] }
    func renderings(of id: String) async throws(StoreError) -> [StoredEvent] { [] }
    func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [StoredEvent] { [] }
    func lastSequence() async throws(StoreError) -> Int64 { 0 }
    func reproject(eventID: String) async throws(StoreError) -> Reprojection? { nil }
    func reprojectAll() async throws(StoreError) -> Reprojection {
        Reprojection(events: 0, transactions: 0, changed: 0)
    }
}

/// A delivery on the event loop, while its event waits for the writer.
struct DeliveryHandlerTests {
    private let channel = EmbeddedChannel()
    private let log = HeldLog()
    private let bodies = BodyBudget(limit: 1 << 20)
    private let now = TestClock.start

    init() throws {
        let secrets = try WebHarness.Settings().secrets()
        let controller = WebhookController(
            log: log,
            secrets: secrets,
            bodies: bodies,
            maxBodyBytes: 1 << 16,
            clock: { [now] in now },
            instruments: WebInstruments(
                WebConfiguration(host: "", port: 0, secrets: secrets) { [now] in now }.metrics
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        let handler = DeliveryHandler(controller, LoopMailboxes())
        try pipeline.addHandler(RequestLimitsHandlerPlacement(deadlines: .init(), inner: [handler]))
        try pipeline.addHandler(InputClosing())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func delivery(_ id: String) throws -> String {
        let body = #"{"id":"\#(id)","type":"ping"}"#
        let signer = PayloadSigner(secret: try EndpointSecret(WebHarness.webhookSecret))
        return "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\n"
            + "Stripe-Signature: \(signer.header(for: Array(body.utf8), at: now))\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func receive(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
        channel.embeddedEventLoop.run()
    }

    /// Lets the log answer, and the event loop write the answer.
    private func answer(_ answer: RecordAnswer = .success(.recorded)) {
        log.answer(answer)
        channel.embeddedEventLoop.run()
    }

    private func sent() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        return text
    }

    private func pass(seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    private func passedOn() throws -> Int {
        var heads = 0
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .head = part { heads += 1 }
        }
        return heads
    }

    // MARK: The answer

    @Test func `a delivery is answered when the log says that its event is durable, and not before`() throws {
        try receive(try delivery("evt_1"))
        #expect(log.events == ["evt_1"])
        pass(seconds: 100)
        #expect(try sent() == "")
        answer()
        let answer = try sent()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n" + #"{"outcome":"recorded","received":true}"#))
        #expect(try passedOn() == 0)
    }

    @Test func `a client that asks before it sends the body is told to go on`() throws {
        let parts = try delivery("evt_1").split(separator: "\r\n\r\n")
        try receive("\(parts[0])\r\nExpect: 100-continue\r\n\r\n")
        #expect(try sent() == "HTTP/1.1 100 Continue\r\n\r\n")
        try receive(String(parts[1]))
        answer()
        #expect(try sent().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func `requests behind a delivery that waits are handled in their order`() throws {
        let get = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
        try receive(try delivery("evt_1") + delivery("evt_2") + get)
        #expect(log.events == ["evt_1"])
        answer()
        #expect(log.events == ["evt_2"])
        #expect(try passedOn() == 0)
        answer(.success(.duplicate))
        #expect(try sent().contains("duplicate"))
        #expect(try passedOn() == 1)
    }

    @Test func `thousands of refused requests behind a delivery do not overflow the stack`() throws {
        let refused = "POST /v1/stripe-webhook HTTP/1.1\r\nHost:\r\nContent-Length:0\r\n\r\n"
        let count = 5000
        try receive(try delivery("evt_1") + String(repeating: refused, count: count))
        answer()
        #expect(try sent().split(separator: "signature_missing").count - 1 == count)
    }

    // MARK: The end of the connection

    @Test func `a client that goes while its event waits leaves nothing behind`() throws {
        try receive(try delivery("evt_1"))
        try channel.close().wait()
        answer()
        #expect(bodies.bytes == 0)
        #expect(try sent() == "")
    }

    @Test func `a client that goes in its body gives back the memory`() throws {
        try receive(String(try delivery("evt_1").dropLast()))
        #expect(bodies.bytes > 0)
        try? channel.close().wait()
        channel.embeddedEventLoop.run()
        #expect(bodies.bytes == 0)
        #expect(log.events == [])
    }

    @Test func `a client that only closed its side gets its answer, and the end is passed on after it`()
        throws
    {
        try receive(try delivery("evt_1"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        let closing = try channel.pipeline.syncOperations.handler(type: InputClosing.self)
        #expect(!closing.isClosed)
        answer()
        #expect(try sent().hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(closing.isClosed)
    }

    @Test func `a delivery that waits when the service ends is answered, with Connection: close`() throws {
        try receive(try delivery("evt_1"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        pass(seconds: 100)
        #expect(channel.isActive)
        answer()
        #expect(try sent().lowercased().contains("connection: close"))
        pass(seconds: 1)
        #expect(!channel.isActive)
    }

    // MARK: Deadlines

    @Test func `a connection that delivers stays open, and is closed once it is idle`() throws {
        for number in 0..<4 {
            try receive(try delivery("evt_\(number)"))
            pass(seconds: 40)
            answer()
            pass(seconds: 29)
            #expect(channel.isActive)
        }
        pass(seconds: 1)
        #expect(!channel.isActive)
    }

    @Test func `a body that does not end closes the connection at the deadline of its request`() throws {
        try receive(String(try delivery("evt_1").dropLast(10)))
        pass(seconds: 20)
        try receive("1")
        pass(seconds: 9)
        #expect(channel.isActive)
        pass(seconds: 1)
        #expect(!channel.isActive)
        #expect(bodies.bytes == 0)
    }
}

/// Stands for Hummingbird, which ends a connection when the client closes its side.
private final class InputClosing: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    private(set) var isClosed = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { isClosed = true }
    }
}

/// The `Date` header.
struct HTTPDateTextTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func `a moment has the date that RFC 9110 gives it`(seconds: Int64, text: String) {
        #expect(Instant(unixSeconds: seconds).httpDate == text)
    }
}
