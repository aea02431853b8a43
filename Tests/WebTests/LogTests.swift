import Billing
import HTTPClient
import Storage
import StripeAPI
import StripeStandIn
import Testing

/// Canaries are sent through every path, errors included, and must sing in no line of the log at any level.
@Suite(.timeLimit(.minutes(5)))
struct LogTests {
    private enum Canary: String, CaseIterable {
        case email = "canary.email@example.com"
        case description = "canaryDescription"
        case stored = "canaryStoredReceipt"
        case body = "canaryBodyText"
        case query = "canaryQuery"
        case path = "canaryPath"
        case header = "canaryHeader"
        case user = "canaryUser"
        case last4 = "canaryLast4"
        case cardBrand = "canaryBrand"
    }

    private static let charge = MadeEvent.charge(
        "ch_a",
        extra: [
            "description": Canary.description.rawValue, "receipt_email": Canary.email.rawValue,
            "receipt_url": "https://pay.stripe.com/receipts/\(Canary.stored.rawValue)",
            "billing_details": ["email": Canary.email.rawValue],
        ],
        card: ["brand": Canary.cardBrand.rawValue, "last4": Canary.last4.rawValue]
    )

    /// Fails with the canaries that are in the log, and with those whose text is secret in any test.
    private func expectSilence(_ recorder: LogRecorder, and more: [String] = []) {
        let secrets =
            Canary.allCases.map(\.rawValue) + TestKey.allCases.map(\.rawValue)
            + [WebHarness.webhookSecret, WebHarness.linkSecret, "sk_test_standin", "rcpt_"] + more
        for line in recorder.lines {
            for secret in secrets { #expect(!line.contains(secret), "\(line)") }
        }
    }

    private func settings(_ recorder: LogRecorder) -> WebHarness.Settings {
        var settings = WebHarness.Settings()
        settings.logger = recorder.logger
        return settings
    }

    @Test func `deliveries that are taken leave the event's id in the log, and none of what they say`()
        async throws
    {
        let recorder = LogRecorder()
        try await WebHarness.with(settings(recorder)) { harness in
            try await harness.deliver(Self.charge.body)
            try await harness.deliver(Self.charge.body)
            try await harness.deliver(
                #"{"id":"evt_q","type":"charge.succeeded","data":{"object":{"id":"ch_q","amount":"canaryBodyText"}}}"#
            )
            expectSilence(recorder, and: [try harness.signature(of: Self.charge.body)])
        }
        #expect(recorder.lines.contains { $0.contains(Self.charge.id) })
        #expect(recorder.lines.contains { $0.contains("evt_q") })
    }

    @Test func `deliveries that are refused leave the reason in the log, and none of what they say`()
        async throws
    {
        let recorder = LogRecorder()
        try await WebHarness.with(settings(recorder)) { harness in
            for bad in BadDelivery.signatures + BadDelivery.payloads { _ = try await bad.post(to: harness) }
            try await harness.deliver(#"{"note":"canaryBodyText"}"#)
            try await harness.deliver("canaryBodyText")
            let header = TransportHeader("Stripe-Signature", "t=canaryHeader,v1=canaryHeader")
            _ = try await harness.post(WebHarness.webhookPath, Self.charge.body, headers: [header])
            let right = try harness.signature(of: BadDelivery.signatures[0].body)
            expectSilence(recorder, and: [String(right.suffix(64))])
        }
        #expect(recorder.lines.contains { $0.contains("signature_mismatch") })
    }

    @Test func `reading leaves the route in the log, and neither query, path nor key`() async throws {
        let recorder = LogRecorder()
        try await WebHarness.with(settings(recorder)) { harness in
            try await harness.deliver([
                Self.charge, .customer("cus_one", ofConsoleUser: Canary.user.rawValue),
            ])
            for path in [
                "/v1/transactions?q=canaryQuery", "/v1/transactions?colour=canaryQuery",
                "/v1/transactions?canaryQuery=1", "/v1/transactions?limit=canaryQuery",
                "/v1/transactions/ch_a",
                "/v1/transactions/canaryPath", "/v1/transactions/export?q=canaryQuery", "/canaryPath",
                "/v1/transactions/export?format=jsonl", "/v1/stripe/transactions?customer=canaryQuery",
                "/v1/transactions/canaryPath/receipt", "/v1/transactions/ch_a/receipt",
                "/v1/transactions/ch_a/receipt/print", "/v1/transactions?q=%zzcanaryQuery",
            ] {
                for key in [TestKey.feed, .ops, .unknown] { _ = try await harness.get(path, key: key) }
                let headers =
                    TestKey.feed.headersOfConsole + [TransportHeader("X-User-Id", Canary.user.rawValue)]
                _ = try await harness.send(.get, path, headers: headers)
                _ = try await harness.post(path, Array(Canary.body.rawValue.utf8), key: .feed)
            }
            expectSilence(recorder)
        }
        #expect(recorder.lines.contains { $0.contains("/v1/transactions/{id}/receipt 302") })
    }

    @Test func `sessions leave who made them in the log, and neither token, customer nor way back`()
        async throws
    {
        let recorder = LogRecorder()
        try await WebHarness.with(settings(recorder)) { harness in
            try await harness.deliver(Self.charge.body)
            let begun = try await harness.postSession(
                #"{"customer":"cus_canaryPath","owner":"canaryUser","return_url":"https://a.example/canaryQuery"}"#
            )
            let token = try #require(begun.json["token"]?.string)
            let link = harness.linkToken("cus_canaryPath")
            for token in [token, token + "0", harness.sessionToken(age: 7200)] {
                for header in [bearer(token), harness.cookie(token)] {
                    for path in [
                        "/v1/transactions", "/v1/events", "/billing?session=\(token)",
                        "/billing?session=\(link)",
                    ] {
                        _ = try await harness.get(path, key: nil, headers: [header])
                    }
                    _ = try await harness.post("/v1/transactions/ch_a/receipt/email", headers: [header])
                }
            }
            expectSilence(recorder, and: ["cbs1.", "cbl1.", token])
        }
        #expect(recorder.lines.contains { $0.contains("customer session") && $0.contains("sessions") })
    }

    @Test func `requests leave the key's name or the kind of caller in the log, and a 429 its reason`()
        async throws
    {
        let recorder = LogRecorder()
        var settings = settings(recorder)
        settings.rateLimit = 20
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(Self.charge.body)
            let link = try await harness.receiptPath("ch_a")
            func last(
                _ headers: [TransportHeader],
                _ path: String = "/v1/transactions"
            ) async throws -> String {
                _ = try await harness.send(.get, path, headers: headers)
                return try #require(recorder.lines.last { $0.contains("milliseconds") })
            }
            #expect(try await last(TestKey.feed.headers).contains("\"caller\": key feed"))
            let user = [TransportHeader("X-User-Id", Canary.user.rawValue)]
            #expect(try await last(TestKey.user.headersOfConsole + user).contains("\"caller\": key user"))
            #expect(try await last(TestKey.usage.headers).contains("\"caller\": key usage"))
            let token = harness.sessionToken()
            for header in [bearer(token), harness.cookie(token)] {
                for path in ["/v1/transactions", "/billing"] {
                    #expect(try await last([header], path).contains("\"caller\": customer session"))
                }
            }
            #expect(try await last([], link).contains("\"caller\": link"))
            let sessionLink = "/billing?session=\(harness.linkToken("cus_two"))"
            #expect(try await last([], sessionLink).contains("\"caller\": link"))
            for headers in [[], TestKey.unknown.headers, [bearer(token + "0")]] {
                let line = try await last(headers)
                #expect(line.contains("\"caller\": none") && !line.contains("\"reason\""), "\(line)")
            }
            var line = ""
            for _ in 0..<20 { line = try await last(TestKey.ops.headers) }
            #expect(!line.contains("\"reason\""), "\(line)")
            line = try await last(TestKey.ops.headers)
            #expect(line.contains("429") && line.contains("\"reason\": rate_limited"), "\(line)")
            #expect(line.contains("\"caller\": key ops"), "\(line)")
            expectSilence(recorder, and: ["cus_one", "cus_two", token])
        }
    }

    @Test(arguments: [
        Fault.none, .down, .garbage, .foreignReceipt, .serverError(shouldRetry: nil), .expiredKey,
    ])
    func `receipts leave neither their address nor their link in the log`(fault: Fault) async throws {
        let recorder = LogRecorder()
        try await WebHarness.withStandIn([Self.charge], settings: settings(recorder)) { harness, standIn in
            standIn.fail(fault)
            let path = try await harness.receiptPath("ch_a")
            for path in [path, path + "0", path + "&format=pdf"] { _ = try await harness.get(path, key: nil) }
            harness.clock.advance(seconds: 20 * 86_400)
            _ = try await harness.get(path, key: nil)
            _ = try await harness.get("/v1/transactions/ch_a/receipt")
            expectSilence(recorder, and: [String(path.suffix(64)), "receipts.example.net"])
        }
    }

    @Test(arguments: [
        "canaryPath\r\n\r\n", "GET /canaryPath HTTP/9\r\n\r\n",
        "GET / HTTP/1.1\r\ncanaryHeader\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX-Canary: canaryHeader\(String(repeating: "x", count: 20_000))\r\n\r\n",
        "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzzcanaryBodyText\r\n",
        "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\ncanaryBodyText",
    ])
    func `bytes that are no request leave nothing of themselves in the log`(bytes: String) async throws {
        let recorder = LogRecorder()
        try await WebHarness.with(settings(recorder)) { harness in
            let connection = try harness.connect()
            await connection.send(bytes)
            _ = try? await connection.answer()
            expectSilence(recorder)
        }
    }

    @Test(arguments: [StoreError.Code.busy, .corrupt, .other])
    func `a store in trouble leaves the trouble in the log, and not what was to be stored`(
        code: StoreError.Code
    ) async throws {
        let recorder = LogRecorder()
        var settings = settings(recorder)
        settings.wrapping = { _ in StoreOutage(code: code) }
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(Self.charge.body)
            _ = try await harness.get("/v1/transactions?q=canaryQuery")
            expectSilence(recorder)
        }
        #expect(recorder.lines.contains { $0.contains("store: \(code.rawValue) while having an outage") })
    }
}
