import Billing
import HTTPClient
import StripeAPI
import Synchronization
import Testing
import Webhooks

@testable import ConsoleBilling

/// Answers without a network, and records the requests.
private final class RecordingTransport: HTTPTransport {
    struct Log { var requests: [TransportRequest] = []; var underWay = 0; var mostUnderWay = 0 }

    let log = Mutex(Log())
    private let answer: @Sendable (TransportRequest) -> Result<TransportResponse, TransportError>

    init(_ answer: @escaping @Sendable (TransportRequest) -> Result<TransportResponse, TransportError>) {
        self.answer = answer
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        log.withLock {
            $0.requests.append(request)
            $0.underWay += 1
            $0.mostUnderWay = max($0.mostUnderWay, $0.underWay)
        }
        try? await Task.sleep(for: .milliseconds(2))
        log.withLock { $0.underWay -= 1 }
        return try answer(request).get()
    }

    var bodies: [String] {
        log.withLock { log in
            log.requests.map { request in
                guard case .post(let body) = request.method else { return "" }
                return String(decoding: body, as: UTF8.self)
            }
        }
    }
}

struct EventSenderTests {
    private static let now = Instant(unixSeconds: 1_790_000_000)
    private let target = ServerAddress(scheme: "http", host: "127.0.0.1", port: 3080).webhook

    private func sender(_ transport: RecordingTransport) throws -> EventSender {
        EventSender(
            transport: transport,
            target: target,
            signer: PayloadSigner(secret: try EndpointSecret("whsec_test"))
        ) {
            Self.now
        }
    }

    private func events(_ count: Int) -> [EventBody] {
        (0..<count).map {
            EventBody(id: "evt_\($0)", type: "x", livemode: false, bytes: Array("{\($0)}\n".utf8))
        }
    }

    @Test func `a delivery carries a signature that verifies over exactly its bytes`() async throws {
        let transport = RecordingTransport { _ in .success(TransportResponse(status: 200)) }
        let event = events(1)[0]
        _ = try await sender(transport).deliver(event)
        let request = try #require(transport.log.withLock(\.requests).first)
        #expect(request.url == "http://127.0.0.1:3080/v1/stripe-webhook")
        #expect(transport.bodies == ["{0}\n"])
        let header = request.headers.first { $0.name == "Stripe-Signature" }?.value
        let verifier = SignatureVerifier(secrets: [try EndpointSecret("whsec_test")], toleranceSeconds: 300)
        #expect(throws: Never.self) { try verifier.verify(event.bytes, header: header, now: Self.now) }
    }

    @Test(
        arguments: [
            (200, #"{"received":true,"outcome":"duplicate"}"#, "duplicate"),
            (400, #"{"error":{"code":"signature_mismatch","message":"…"}}"#, "signature_mismatch"),
            (502, "<html>", nil),
        ] as [(Int, String, String?)]
    )
    func `the service's word for it is shown`(status: Int, body: String, remark: String?) async throws {
        let transport = RecordingTransport { _ in
            .success(TransportResponse(status: status, headers: ["retry-after": "3"], body: Array(body.utf8)))
        }
        let delivery = try await sender(transport).deliver(events(1)[0])
        #expect(delivery.result == .answered(status: status, remark: remark, retryAfter: "3"))
    }

    @Test func `one at a time keeps the order`() async throws {
        let transport = RecordingTransport { _ in .success(TransportResponse(status: 200)) }
        let report = try await sender(transport).deliver(SendPlan(events(20), copies: 2))
        #expect(transport.bodies == (0..<20).flatMap { ["{\($0)}\n", "{\($0)}\n"] })
        #expect(transport.log.withLock(\.mostUnderWay) == 1)
        #expect(report.accepted == 40)
    }

    @Test func `no more deliveries are in flight than allowed`() async throws {
        let transport = RecordingTransport { _ in .success(TransportResponse(status: 200)) }
        var plan = SendPlan(events(60))
        plan.concurrency = 5
        let report = try await sender(transport).deliver(plan)
        #expect(2...5 ~= transport.log.withLock(\.mostUnderWay))
        #expect(report.sent == 60)
        #expect(Set(transport.bodies).count == 60)
    }

    @Test func `a rate is not exceeded`() async throws {
        let transport = RecordingTransport { _ in .success(TransportResponse(status: 200)) }
        var plan = SendPlan(events(11))
        plan.concurrency = 4
        plan.rate = 100
        let report = try await sender(transport).deliver(plan)
        #expect(report.elapsed >= .milliseconds(100))
    }

    @Test func `a failure does not stop the rest, and nothing is sent again`() async throws {
        let transport = RecordingTransport { request in
            guard case .post(let body) = request.method, body.starts(with: Array("{1}".utf8)) else {
                return .success(TransportResponse(status: 503))
            }
            return .failure(.connectionLost)
        }
        let report = try await sender(transport).deliver(SendPlan(events(3)))
        #expect(transport.bodies.count == 3)
        #expect((report.serverErrors, report.unanswered) == (2, 1))
    }

    @Test(
        arguments: [(401, 78), (403, 78), (404, 65), (400, 64), (503, 75), (429, 75), (500, 69)]
            as [(Int, Int32)]
    )
    func `a refusal of the service becomes an exit code`(status: Int, code: Int32) async throws {
        let transport = RecordingTransport { _ in
            .success(TransportResponse(status: status, body: Array(#"{"error":{"message":"No."}}"#.utf8)))
        }
        let server = try ServerConnection(base: target.base, key: "cbk_secret", transport: transport)
        let failure = await #expect(throws: CommandFailure.self) { try await server.get("/v1/events") }
        #expect(failure?.code.rawValue == code)
        #expect(failure?.message.hasPrefix("http://127.0.0.1:3080 answered \(status): No.") == true)
    }

    @Test func `a refusal for now is repeated after the time that the service says`() async throws {
        let count = Mutex(0)
        let transport = RecordingTransport { _ in
            let isFirst = count.withLock { count in
                defer { count += 1 }
                return count < 2
            }
            return .success(
                isFirst
                    ? TransportResponse(status: 429, headers: ["Retry-After": "7"])
                    : TransportResponse(status: 200, body: Array("taken".utf8))
            )
        }
        let waited = Mutex<[Int64]>([])
        let server = try ServerConnection(base: target.base, key: "cbk_secret", transport: transport) {
            seconds in
            waited.withLock { $0.append(seconds) }
        }
        #expect(try await server.post("/v1/usage/leases", [1]) == Array("taken".utf8))
        #expect(transport.log.withLock { $0.requests.count } == 3)
        #expect(waited.withLock(\.self) == [7, 7])
    }

    @Test func `an API key does not cross a network unencrypted`() {
        let transport = RecordingTransport { _ in .failure(.tls) }
        let remote = ServerAddress(scheme: "http", host: "billing.example.com", port: nil)
        #expect(throws: CommandFailure.self) {
            try ServerConnection(base: remote, key: "cbk_secret", transport: transport)
        }
        #expect(throws: Never.self) {
            try ServerConnection(
                base: ServerAddress(scheme: "https", host: "billing.example.com", port: nil),
                key: "cbk_secret",
                transport: transport
            )
        }
    }

    @Test func `a missing service is distinguished from one that refuses`() async throws {
        let transport = RecordingTransport { _ in .failure(.couldNotConnect) }
        let server = try ServerConnection(base: target.base, key: "cbk_secret", transport: transport)
        let failure = await #expect(throws: CommandFailure.self) {
            try await server.post("/v1/events/reproject")
        }
        #expect(failure?.code.rawValue == 69)
    }
}
