import StripeAPI
import Testing

struct ThinEventTests {
    private static func client(_ transport: RecordingTransport) throws -> StripeClient {
        StripeClient(transport: transport, key: try #require(StripeSecretKey("sk_test_1")))
    }

    @Test func `its object is asked for at the path that we know, saying why`() async throws {
        let transport = RecordingTransport(body: #"{"id":"x_1","object":"whatever"}"#)
        _ = try await Self.client(transport)
            .object("x_1", path: ["v1", "charges"], ofThinEvent: "evt_1", context: "acct_1")
        #expect(transport.requests.map(\.url) == ["https://api.stripe.com:443/v1/charges/x_1"])
        #expect(transport.header("Stripe-Request-Trigger") == "event=evt_1")
        #expect(transport.header("Stripe-Account") == "acct_1")
        #expect(transport.header("Stripe-Context") == nil)
    }

    @Test(arguments: [
        ("../keys", "..%2Fkeys"), ("@evil.example", "%40evil.example"),
        ("x?expand[]=y", "x%3Fexpand%5B%5D%3Dy"),
        ("//evil.example/v1", "%2F%2Fevil.example%2Fv1"), ("x\r\nX: y", "x%0D%0AX%3A%20y"),
    ])
    func `no id leads the key elsewhere`(id: String, segment: String) async throws {
        let transport = RecordingTransport(.failure(.timedOut))
        await #expect(throws: StripeAPIError.transport(.timedOut)) {
            try await Self.client(transport).object(id, path: ["v1", "charges"], ofThinEvent: "evt_1")
        }
        #expect(transport.requests.map(\.url) == ["https://api.stripe.com:443/v1/charges/\(segment)"])
    }

    @Test func `an object with another id is not the event's object`() async throws {
        let transport = RecordingTransport(body: #"{"id":"ch_2","object":"charge"}"#)
        let client = try Self.client(transport)
        await #expect(throws: StripeAPIError.wrongObject(requestID: nil)) {
            try await client.object("ch_1", path: ["v1", "charges"], ofThinEvent: "evt_1")
        }
        await #expect(throws: StripeAPIError.invalidArgument(.event)) {
            try await client.object("ch_1", path: ["v1", "charges"], ofThinEvent: "evt 1")
        }
        await #expect(throws: StripeAPIError.invalidArgument(.account)) {
            try await client.object("ch_1", path: ["v1", "charges"], ofThinEvent: "evt_1", context: "acct 1")
        }
        #expect(transport.requests.count == 1)
    }
}
