import StripeAPI
import Testing

struct ThinEventTests {
    @Test(arguments: [
        "/v1/charges/ch_1", "/v2/core/accounts/acct_1", "/v1/billing/meters/mtr_1",
        "/v1/checkout/sessions/cs_1",
    ])
    func `takes a path of Stripe's API`(url: String) async throws {
        let related = try #require(RelatedObject(id: "x_1", url: url))
        let transport = RecordingTransport(body: #"{"id":"x_1","object":"whatever"}"#)
        let client = StripeClient(transport: transport, key: try #require(StripeSecretKey("sk_test_1")))
        _ = try await client.object(related, ofThinEvent: "evt_1", context: "acct_1")
        #expect(transport.requests.map(\.url) == ["https://api.stripe.com:443" + url])
        #expect(transport.header("Stripe-Request-Trigger") == "event=evt_1")
        #expect(transport.header("Stripe-Context") == "acct_1")
        #expect(transport.header("Stripe-Account") == nil)
    }

    @Test(arguments: [
        "", "/", "/v1", "/v1/", "/v1/charges", "/v1/charges/", "v1/charges/ch_1", "/v3/charges/ch_1",
        "/v1evil/charges/ch_1", "//v1/charges/ch_1", "/v1//ch_1/x", "/v1/charges/ch_1/",
        "/v1/charges/../keys",
        "/v1/charges/.", "/v1/charges/%2e%2e/x", "/v1/charges/ch_1?expand[]=x", "/v1/charges/ch_1#x",
        "https://evil.example.net/v1/charges/ch_1", "/v1/charges/ch_1@evil.example.net",
        "/v1\\charges\\ch_1/x",
        "/v1/charges/ch 1", "/v1/charges/ch_1\r\nX: y", "/v1/charges/ch_é", "/V1/charges/ch_1",
        "/v1/charges/" + String(repeating: "x", count: 512),
    ])
    func `takes no URL that might send the key elsewhere`(url: String) {
        #expect(RelatedObject(id: "ch_1", url: url) == nil)
    }

    @Test(arguments: ["", "ch 1", "é", String(repeating: "x", count: 256)])
    func `takes no id that Stripe would not give`(id: String) {
        #expect(RelatedObject(id: id, url: "/v1/charges/ch_1") == nil)
    }

    @Test func `an object of another id is not what it is about`() async throws {
        let related = try #require(RelatedObject(id: "ch_1", url: "/v1/charges/ch_1"))
        let transport = RecordingTransport(body: #"{"id":"ch_2","object":"charge"}"#)
        let client = StripeClient(transport: transport, key: try #require(StripeSecretKey("sk_test_1")))
        await #expect(throws: StripeAPIError.wrongObject(requestID: nil)) {
            try await client.object(related, ofThinEvent: "evt_1")
        }
        await #expect(throws: StripeAPIError.invalidArgument(.event)) {
            try await client.object(related, ofThinEvent: "evt 1")
        }
        await #expect(throws: StripeAPIError.invalidArgument(.context)) {
            try await client.object(related, ofThinEvent: "evt_1", context: "acct 1")
        }
        #expect(transport.requests.count == 1)
    }
}
