import Testing

/// Deliveries as connections bring them: among other requests, in other versions of HTTP, at odd targets.
@Suite(.timeLimit(.minutes(5)))
struct DeliveryConnectionTests {
    private static let get = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"

    private func request(
        _ harness: WebHarness,
        target: String = WebHarness.webhookPath,
        version: String = "1.1",
        fields: String = "",
        body: [UInt8] = MadeEvent.charge("ch_a").body
    ) throws -> String {
        "POST \(target) HTTP/\(version)\r\nHost: h\r\nStripe-Signature: \(try harness.signature(of: body))\r\n"
            + "Content-Length: \(body.count)\r\n\(fields)\r\n" + String(decoding: body, as: UTF8.self)
    }

    @Test func `deliveries and other requests take turns on one connection, also sent at once`() async throws
    {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            let delivery = try request(harness)
            let unsigned = "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
            await connection.send(delivery + Self.get + delivery + unsigned + Self.get + delivery)
            #expect(try await connection.answer().json["outcome"] == "recorded")
            #expect(try await connection.answer().json["status"] == "ok")
            #expect(try await connection.answer().json["outcome"] == "duplicate")
            #expect(try await connection.answer().errorCode == "signature_missing")
            #expect(try await connection.answer().json["status"] == "ok")
            #expect(try await connection.answer().json["outcome"] == "duplicate")
        }
    }

    @Test(arguments: [
        ("/v1/stripe-webhook?version=2026-09-30", 200), ("/v1/stripe-webhook?", 200),
        ("/v1/stripe-webhook/", 200), ("//v1//stripe-webhook", 200), ("http://h/v1/stripe-webhook", 200),
        ("http://other:80/v1/stripe-webhook/?x=1", 200), ("/v1/stripe%2Dwebhook", 404),
        ("/V1/stripe-webhook", 404), ("/v1/stripe-webhook/x", 404), ("/v1/stripe-webhook;x", 404),
        ("/v1/stripe-webhook%3Fx", 404), ("http://h?/v1/stripe-webhook", 404),
    ])
    func `a delivery is taken at the targets at which the router would take it`(
        target: String,
        status: Int
    ) async throws {
        try await WebHarness.with { harness in
            #expect(try await harness.exchange(try request(harness, target: target)).status == status)
            let got = try await harness.exchange("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(got.status == (status == 200 ? 405 : 404))
            #expect(got.headers["Allow"] == (status == 200 ? "POST" : nil))
        }
    }

    @Test(arguments: [("1.0", ""), ("1.1", "Connection: close\r\n")])
    func `a delivery on a connection that ends is answered whole, and says so`(
        version: String,
        fields: String
    ) async throws {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            await connection.send(try request(harness, version: version, fields: fields))
            let answer = try await connection.answer()
            #expect(answer.json["outcome"] == "recorded")
            #expect(answer.headers["Connection"] == "close")
            #expect(answer.headers["Transfer-Encoding"] == nil)
            #expect(await connection.isClosedByPeer())
        }
    }

    @Test func `a connection that only delivers outlives the deadline, and ends when it is idle`()
        async throws
    {
        var settings = WebHarness.Settings()
        settings.deadlineSeconds = 1
        try await WebHarness.with(settings) { harness in
            let connection = try harness.connect()
            let begun = ContinuousClock.now
            while begun.duration(to: .now) < .milliseconds(2500) {
                await connection.send(try request(harness))
                #expect(try await connection.answer().status == 200)
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(await connection.isClosedByPeer())
        }
    }

    @Test func `an answer has the fields that every answer of the service has`() async throws {
        try await WebHarness.with { harness in
            let body = MadeEvent.charge("ch_a").body
            let answers = [
                try await harness.deliver(body), try await harness.post(WebHarness.webhookPath, body),
            ]
            for answer in answers {
                #expect(answer.headers["Content-Type"] == "application/json; charset=utf-8")
                #expect(answer.headers["Cache-Control"] == "no-store")
                #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
                #expect(answer.headers["Request-Id"]?.hasPrefix("req_") == true)
                #expect(answer.headers["Content-Length"] == String(answer.body.count))
                #expect(answer.headers["Date"]?.hasSuffix(" GMT") == true)
                #expect(answer.headers["RateLimit"] == nil && answer.headers["Connection"] == nil)
            }
        }
    }

    @Test func `a delivery is one line of the log, with all that is known of it`() async throws {
        let recorder = LogRecorder()
        var settings = WebHarness.Settings()
        settings.logger = recorder.logger
        try await WebHarness.with(settings) { harness in
            let event = MadeEvent.charge("ch_a")
            let answer = try await harness.deliver(event.body)
            let id = try #require(answer.headers["Request-Id"])
            let lines = recorder.lines.filter { $0.contains(id) }
            try #require(lines.count == 1)
            #expect(lines[0].hasPrefix("info recorded "))
            for field in [
                "status\": 200", "milliseconds", "trace_id", "traceparent", "ch_a",
                "type\": charge.succeeded",
            ] {
                #expect(lines[0].contains(field), "\(field) in \(lines[0])")
            }
            #expect(lines[0].contains("event\": \(event.id)"))
        }
    }
}
