import Foundation
import HTTPClient
import StripeAPI
import StripeStandIn
import Testing

extension StripeClient {
    static func forStandIn(
        _ standIn: StripeStandIn,
        _ transport: any HTTPTransport,
        key: String = "sk_test_standin",
        limits: TransportLimits = TransportLimits()
    ) throws -> StripeClient {
        StripeClient(
            transport: transport,
            base: try StripeAPIBase(standIn.baseURL),
            key: try #require(StripeSecretKey(key)),
            limits: limits
        )
    }
}

private func members(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
}

/// The client, libcurl and the stand-in together.
@Suite(.timeLimit(.minutes(1)))
struct StripeClientStandInTests {
    private static let charge = """
        {"id":"ch_1","object":"charge","amount":2500,"currency":"usd","status":"succeeded","paid":true,
        "receipt_url":"https://pay.stripe.com/receipts/old"}
        """

    private func withClient(
        _ configuration: StripeStandIn.Configuration = .init(),
        key: String = "sk_test_standin",
        limits: TransportLimits = TransportLimits(),
        _ body: (StripeClient, StripeStandIn) async throws -> Void
    ) async throws {
        try await StripeStandIn.with(configuration) { standIn in
            try standIn.put(Self.charge)
            try await withTransport { transport in
                let client = try StripeClient.forStandIn(standIn, transport, key: key, limits: limits)
                try await body(client, standIn)
            }
        }
    }

    @Test func `every look at a charge brings a new receipt link`() async throws {
        try await withClient { client, _ in
            let first = try #require(members(await client.charge("ch_1"))["receipt_url"] as? String)
            let second = try #require(members(await client.charge("ch_1"))["receipt_url"] as? String)
            #expect(first != second)
            #expect(first.hasPrefix("https://pay.stripe.com/receipts/acct_standin/ch_1/"))
        }
    }

    @Test func `a payment intent comes with its charge, or with its charge's id`() async throws {
        try await withClient { client, standIn in
            try standIn.put(#"{"id":"pi_1","object":"payment_intent","latest_charge":"ch_1"}"#)
            let expanded = try members(await client.paymentIntent("pi_1"))
            let charge = try #require(expanded["latest_charge"] as? [String: Any])
            #expect(charge["amount"] as? Int == 2500)
            #expect(charge["receipt_url"] as? String != nil)
            let plain = try members(await client.paymentIntent("pi_1", expandingLatestCharge: false))
            #expect(plain["latest_charge"] as? String == "ch_1")
        }
    }

    @Test func `an object of a connected account is there on its behalf only`() async throws {
        try await withClient { client, standIn in
            try standIn.put(#"{"id":"in_1","object":"invoice"}"#, account: "acct_1")
            _ = try await client.invoice("in_1", account: "acct_1")
            let error = await #expect(throws: StripeAPIError.self) { try await client.invoice("in_1") }
            #expect(error?.refusal?.code == "resource_missing")
        }
    }

    @Test func `a missing object is not found, with Stripe's code`() async throws {
        try await withClient { client, _ in
            let expected = StripeRefusal(
                status: 404,
                type: "invalid_request_error",
                code: "resource_missing",
                parameter: "id",
                requestID: "req_standin1"
            )
            await #expect(throws: StripeAPIError.notFound(expected)) { try await client.charge("ch_2") }
        }
    }

    @Test func `an id with a slash and a question mark reaches the server as one segment`() async throws {
        try await withClient { client, standIn in
            let error = await #expect(throws: StripeAPIError.self) {
                try await client.charge("ch_1/../ch_1?x=1")
            }
            #expect(error?.refusal?.code == "resource_missing")
            #expect(standIn.requests.map(\.target) == ["/v1/charges/ch_1%2F..%2Fch_1%3Fx%3D1"])
            #expect(standIn.requests.map(\.route) == ["GET /v1/charges/:id"])
        }
    }

    @Test func `a parameter that Stripe does not know is refused`() async throws {
        try await withClient { client, _ in
            let error = await #expect(throws: StripeAPIError.self) {
                try await client.get(path: ["v1", "charges", "ch_1"], query: [("colour", "red")])
            }
            #expect(error?.refusal?.code == "parameter_unknown")
        }
    }

    @Test func `a wrong key is distinguished from an expired one`() async throws {
        try await withClient(key: "sk_test_wrong") { client, standIn in
            let wrong = await #expect(throws: StripeAPIError.self) { try await client.charge("ch_1") }
            #expect(wrong?.refusal?.status == 401)
            #expect(wrong?.refusal?.code == nil)
            standIn.fail(.expiredKey)
            let expired = await #expect(throws: StripeAPIError.self) { try await client.charge("ch_1") }
            #expect(expired?.refusal?.code == "api_key_expired")
        }
    }

    @Test func `the reason for a rate limit and Retry-After are passed on`() async throws {
        try await withClient { client, standIn in
            standIn.fail(.rateLimited(reason: "endpoint-rate"), times: 1)
            let limited = await #expect(throws: StripeAPIError.self) { try await client.charge("ch_1") }
            #expect(limited?.refusal?.rateLimitedReason == "endpoint-rate")
            for wish in [true, false, nil] {
                standIn.fail(.serverError(shouldRetry: wish), times: 1)
                let error = await #expect(throws: StripeAPIError.self) { try await client.charge("ch_1") }
                #expect(error?.refusal?.status == 500)
                #expect(error?.refusal?.shouldRetry == wish)
            }
            _ = try await client.charge("ch_1")
        }
    }

    @Test(arguments: [
        (Fault.garbage, StripeAPIError.notAnObject(requestID: "req_standin1")),
        (.truncated, .notAnObject(requestID: "req_standin1")),
        (.wrongObject, .wrongObject(requestID: "req_standin1")),
        (.endless, .transport(.bodyTooLarge)),
        (.down, .transport(.connectionLost)),
    ])
    func `a broken answer is an error that names the defect`(
        fault: Fault,
        expected: StripeAPIError
    ) async throws {
        try await withClient { client, standIn in
            standIn.fail(fault, times: 1)
            await #expect(throws: expected) { try await client.charge("ch_1") }
            _ = try await client.charge("ch_1")
        }
    }

    @Test func `a slow answer is given up on`() async throws {
        try await withClient(limits: .hasty) { client, standIn in
            standIn.fail(.slow(seconds: 50))
            await #expect(throws: StripeAPIError.transport(.timedOut)) { try await client.charge("ch_1") }
        }
    }
}
