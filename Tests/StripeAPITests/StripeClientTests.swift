import HTTPClient
import StripeAPI
import Testing

/// The client's requests, and how it reads answers, without a network.
struct StripeClientTests {
    private static let charge = #"{"id":"ch_1","object":"charge"}"#

    private func client(
        _ transport: RecordingTransport,
        key: String = "sk_test_secret"
    ) throws -> StripeClient {
        StripeClient(transport: transport, key: try #require(StripeSecretKey(key)))
    }

    // MARK: Requests

    @Test func `asks with the key, the pinned version and nothing else of its own`() async throws {
        let transport = RecordingTransport(body: Self.charge)
        #expect(try await client(transport).charge("ch_1") == Array(Self.charge.utf8))
        #expect(transport.requests.map(\.url) == ["https://api.stripe.com:443/v1/charges/ch_1"])
        #expect(transport.header("Authorization") == "Bearer sk_test_secret")
        #expect(transport.header("Stripe-Version") == "2026-09-30.endive")
        #expect(transport.header("Stripe-Account") == nil)
        #expect(transport.header("Idempotency-Key") == nil)
    }

    @Test func `asks on behalf of a connected account`() async throws {
        let transport = RecordingTransport(body: #"{"id":"in_1","object":"invoice"}"#)
        _ = try await client(transport).invoice("in_1", account: "acct_1")
        #expect(transport.header("Stripe-Account") == "acct_1")
    }

    @Test(
        arguments: [
            ("sk_org_1", "acct_1", nil, "acct_1"),
            ("sk_org_1", "acct_platform/acct_1", nil, "acct_platform/acct_1"),
            ("sk_live_1", "acct_1", "acct_1", nil), ("rk_test_1", "acct_platform/acct_1", "acct_1", nil),
            ("sk_live_1", nil, nil, nil),
        ] as [(String, String?, String?, String?)]
    )
    func `names the account in the header that the key needs`(
        key: String,
        account: String?,
        inAccount: String?,
        inContext: String?
    ) async throws {
        let transport = RecordingTransport(body: Self.charge)
        _ = try await client(transport, key: key).charge("ch_1", account: account)
        #expect(transport.header("Stripe-Account") == inAccount)
        #expect(transport.header("Stripe-Context") == inContext)
        #expect(transport.header("Stripe-Version") == "2026-09-30.endive")
    }

    @Test func `a posted form names the account as the key needs it as well`() async throws {
        let transport = RecordingTransport(body: Self.charge)
        let stripe = try client(transport, key: "sk_org_1")
        _ = try await stripe.post(path: ["v1", "x"], form: [], idempotencyKey: "k", account: "acct_1")
        #expect(transport.header("Stripe-Context") == "acct_1")
        #expect(transport.header("Idempotency-Key") == "k")
    }

    @Test(arguments: [("sk_org_1", "acct_platform/acct_1"), ("sk_test_1", "acct_1")])
    func `a call under v2 takes the account in its context alone`(key: String, context: String) async throws {
        let transport = RecordingTransport(body: #"{"id":"evt_1","object":"v2.core.event"}"#)
        _ = try await client(transport, key: key).thinEvent("evt_1", context: "acct_platform/acct_1")
        #expect(transport.header("Stripe-Context") == context)
        #expect(transport.header("Stripe-Account") == nil)
    }

    @Test func `an organisation's key sends nothing without an account`() async throws {
        let transport = RecordingTransport(body: Self.charge)
        let stripe = try client(transport, key: "sk_org_1")
        await #expect(throws: StripeAPIError.accountRequired) { try await stripe.charge("ch_1") }
        await #expect(throws: StripeAPIError.accountRequired) { try await stripe.page(of: .events()) }
        await #expect(throws: StripeAPIError.accountRequired) { try await stripe.thinEvent("evt_1") }
        await #expect(throws: StripeAPIError.accountRequired) {
            try await stripe.post(path: ["v1", "x"], form: [], idempotencyKey: "k")
        }
        #expect(transport.requests.isEmpty)
        #expect("\(StripeAPIError.accountRequired)".contains("organisation"))
    }

    @Test(arguments: [(true, "?expand%5B%5D=latest_charge"), (false, "")])
    func `expands the charge in a payment intent on request`(
        expands: Bool,
        query: String
    ) async throws {
        let transport = RecordingTransport(body: #"{"id":"pi_1","object":"payment_intent"}"#)
        _ = try await client(transport).paymentIntent("pi_1", expandingLatestCharge: expands)
        #expect(
            transport.requests.map(\.url) == ["https://api.stripe.com:443/v1/payment_intents/pi_1" + query]
        )
    }

    @Test(arguments: [
        ("ch_1/refunds", "ch_1%2Frefunds"), ("ch_1?expand[]=x", "ch_1%3Fexpand%5B%5D%3Dx"), ("a#b", "a%23b"),
        ("a%2Fb", "a%252Fb"), ("../customers", "..%2Fcustomers"), ("a b\r\nc", "a%20b%0D%0Ac"),
        ("é\0", "%C3%A9%00"),
        ("...", "..."),
    ])
    func `an id stays one segment of the path whatever it holds`(id: String, segment: String) async throws {
        let transport = RecordingTransport(.failure(.timedOut))
        await #expect(throws: StripeAPIError.transport(.timedOut)) { try await client(transport).charge(id) }
        #expect(transport.requests.map(\.url) == ["https://api.stripe.com:443/v1/charges/\(segment)"])
    }

    @Test(arguments: ["", ".", ".."])
    func `an id that would climb is not asked for`(id: String) async throws {
        let transport = RecordingTransport(body: Self.charge)
        await #expect(throws: StripeAPIError.invalidArgument(.path)) {
            try await client(transport).charge(id)
        }
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: ["", "/", "acct_1\r\nX: y", "acct 1", "é"])
    func `an account that no header can hold is not asked for`(account: String) async throws {
        let transport = RecordingTransport(body: Self.charge)
        await #expect(throws: StripeAPIError.invalidArgument(.account)) {
            try await client(transport).charge("ch_1", account: account)
        }
        #expect(transport.requests.isEmpty)
    }

    @Test func `posts a form under an idempotency key`() async throws {
        let transport = RecordingTransport(headers: ["request-id": "req_1"], body: "{}")
        let answer = try await client(transport).post(
            path: ["v1", "charges", "ch_1"],
            form: [("receipt_email", "a+b@example.com"), ("metadata[k]", "1 & 2")],
            idempotencyKey: "key-1"
        )
        #expect(answer.requestID == "req_1")
        #expect(transport.header("Idempotency-Key") == "key-1")
        #expect(transport.header("Content-Type") == "application/x-www-form-urlencoded")
        guard case .post(let body) = transport.requests.first?.method else {
            Issue.record("not a POST")
            return
        }
        #expect(
            String(decoding: body, as: UTF8.self)
                == "receipt_email=a%2Bb%40example.com&metadata%5Bk%5D=1%20%26%202"
        )
    }

    @Test(arguments: ["", "a b", String(repeating: "k", count: 256)])
    func `an idempotency key that Stripe would not take is not sent`(key: String) async throws {
        let transport = RecordingTransport(body: "{}")
        await #expect(throws: StripeAPIError.invalidArgument(.idempotencyKey)) {
            try await client(transport).post(path: ["v1", "charges"], form: [], idempotencyKey: key)
        }
        #expect(transport.requests.isEmpty)
    }

    // MARK: Answers

    private static let refusal = StripeRefusal(
        status: 0,
        type: "invalid_request_error",
        code: "resource_missing",
        requestID: "req_1",
        shouldRetry: false,
        retryAfterSeconds: 7,
        rateLimitedReason: "global-rate"
    )

    @Test(
        arguments: [
            (400, StripeAPIError.rejected), (401, StripeAPIError.unauthorized),
            (402, StripeAPIError.rejected),
            (403, StripeAPIError.forbidden), (404, StripeAPIError.notFound), (409, StripeAPIError.conflict),
            (429, StripeAPIError.rateLimited), (499, StripeAPIError.rejected),
            (500, StripeAPIError.serverFault),
            (503, StripeAPIError.serverFault), (599, StripeAPIError.serverFault),
        ] as [(Int, @Sendable (StripeRefusal) -> StripeAPIError)]
    )
    func `tells refusals apart, with all that Stripe says but its prose`(
        status: Int,
        expected: @Sendable (StripeRefusal) -> StripeAPIError
    ) async throws {
        let transport = RecordingTransport(
            status: status,
            headers: [
                "Request-Id": "req_1", "Stripe-Should-Retry": "false", "Retry-After": "7",
                "Stripe-Rate-Limited-Reason": "global-rate",
            ],
            body: """
                {"error":{"type":"invalid_request_error","code":"resource_missing",
                "message":"No such customer: jane@example.com"}}
                """
        )
        let known = Self.refusal
        let refusal = StripeRefusal(
            status: status,
            type: known.type,
            code: known.code,
            requestID: known.requestID,
            shouldRetry: known.shouldRetry,
            retryAfterSeconds: known.retryAfterSeconds,
            rateLimitedReason: known.rateLimitedReason
        )
        let error = await #expect(throws: StripeAPIError.self) { try await client(transport).charge("ch_1") }
        #expect(error == expected(refusal))
        #expect(error.map { "\($0)" } == "stripe: \(status) resource_missing global-rate req_1")
        #expect(error.map { !String(reflecting: $0).contains("jane") } == true)
    }

    @Test(
        arguments: [
            ("Having the 'rak_charge_read' permission would allow this.", ["rak_charge_read"]),
            ("Having the ('rak_a_read', 'rak_b_write') permissions would.", ["rak_a_read", "rak_b_write"]),
            ("'rak_a' 'rak_b' 'rak_c' 'rak_d'", ["rak_a", "rak_b", "rak_c"]),
            ("rak_charge_read, 'rak_Charge', 'rak_jane@example.com', 'charge_read'", []),
            ("'rak_\(String(repeating: "x", count: 45))'", []),
        ] as [(String, [String])]
    )
    func `of the prose of a 403 only the names of permissions are kept`(
        message: String,
        expected: [String]
    ) async throws {
        let transport = RecordingTransport(status: 403, body: #"{"error":{"message":"\#(message)"}}"#)
        let refusal = StripeRefusal(status: 403, missingPermissions: expected)
        let error = await #expect(throws: StripeAPIError.self) { try await client(transport).charge("ch_1") }
        #expect(error == .forbidden(refusal))
        #expect(error.map { "\($0)" } == "stripe: " + (["403"] + expected).joined(separator: " "))
    }

    @Test(arguments: [
        ("starting_after", "starting_after"), ("created[gte]", "created[gte]"), ("a b", nil), ("a@b", nil),
        ("", nil),
        (String(repeating: "[", count: 65), nil), ("é", nil),
    ])
    func `which parameter is wrong is kept if it looks like one`(name: String, expected: String?) async throws
    {
        let transport = RecordingTransport(status: 400, body: #"{"error":{"param":"\#(name)"}}"#)
        await #expect(throws: StripeAPIError.rejected(StripeRefusal(status: 400, parameter: expected))) {
            try await client(transport).charge("ch_1")
        }
    }

    @Test(arguments: [100, 204 + 100, 302, 600])
    func `a status that is neither success nor refusal is not Stripe's`(status: Int) async throws {
        let transport = RecordingTransport(status: status, body: Self.charge)
        await #expect(throws: StripeAPIError.unexpectedStatus(status)) {
            try await client(transport).charge("ch_1")
        }
    }

    @Test(arguments: ["", "<html>", "null", "[]", #"{"error":"text"}"#, #"{"error":{"code":5}}"#])
    func `a refusal with a body that is not Stripe's is a refusal all the same`(body: String) async throws {
        let transport = RecordingTransport(
            status: 502,
            headers: ["Stripe-Should-Retry": "maybe", "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"],
            body: body
        )
        await #expect(throws: StripeAPIError.serverFault(StripeRefusal(status: 502))) {
            try await client(transport).charge("ch_1")
        }
    }

    @Test(arguments: ["jane@example.com", "a b", "line\nbreak", "", String(repeating: "x", count: 65), "é"])
    func `words that do not look like Stripe's are not passed on to a log`(word: String) async throws {
        let quoted = word.replacing("\n", with: "\\n")
        let transport = RecordingTransport(
            status: 404,
            headers: ["Request-Id": word, "Stripe-Rate-Limited-Reason": word],
            body: #"{"error":{"type":"\#(quoted)","code":"\#(quoted)"}}"#
        )
        await #expect(throws: StripeAPIError.notFound(StripeRefusal(status: 404))) {
            try await client(transport).charge("ch_1")
        }
    }

    @Test(arguments: [
        "", " ", "null", "[]", "\"ch_1\"", "<html></html>", #"{"id":"ch_1","object":"charge""#,
        #"{"id":"ch_1","object":"charge"} x"#, #"{"id":"ch_1"}"#, #"{"id":1,"object":"charge"}"#, "{}",
        "\u{FEFF}" + #"{"id":"ch_1","object":"charge"}"#, #"[{"id":"ch_1","object":"charge"}]"#,
    ])
    func `a success that is not a whole JSON object with an id is none`(body: String) async throws {
        let transport = RecordingTransport(headers: ["Request-Id": "req_9"], body: body)
        await #expect(throws: StripeAPIError.notAnObject(requestID: "req_9")) {
            try await client(transport).charge("ch_1")
        }
    }

    @Test func `a success in UTF-16 is none`() async throws {
        let body = Self.charge.utf16.flatMap {
            [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
        }
        let transport = RecordingTransport(.success(TransportResponse(status: 200, body: body)))
        await #expect(throws: StripeAPIError.notAnObject(requestID: nil)) {
            try await client(transport).charge("ch_1")
        }
    }

    @Test(arguments: [
        #"{"id":"ch_2","object":"charge"}"#, #"{"id":"ch_1","object":"refund"}"#,
        #"{"id":"CH_1","object":"charge"}"#,
    ])
    func `a success about something else is none`(body: String) async throws {
        let transport = RecordingTransport(body: body)
        await #expect(throws: StripeAPIError.wrongObject(requestID: nil)) {
            try await client(transport).charge("ch_1")
        }
    }

    @Test func `the object is handed on byte for byte`() async throws {
        let body = "\n { \"object\" : \"charge\", \"id\":\"ch_1\",\"amount\":1e2, \"note\":\"\\u0000\" }\n"
        #expect(try await client(RecordingTransport(body: body)).charge("ch_1") == Array(body.utf8))
    }
}
