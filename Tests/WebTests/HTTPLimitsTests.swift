import StripeAPI
import Testing

/// Requests that exceed a limit, or are not HTTP.
@Suite(.timeLimit(.minutes(5)))
struct HTTPLimitsTests {
    private static let limit = 4096
    private static let settings = {
        var settings = WebHarness.Settings()
        settings.maxBodyBytes = limit
        return settings
    }()

    // MARK: Bodies

    @Test func `a body of exactly the limit is read`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            let body = [UInt8](repeating: 0x20, count: Self.limit)
            let answer = try await harness.post(WebHarness.webhookPath, body)
            #expect(answer.errorCode == "signature_missing")
        }
    }

    @Test func `a body a byte over the limit is too large`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            let body = [UInt8](repeating: 0x20, count: Self.limit + 1)
            let answer = try await harness.post(WebHarness.webhookPath, body)
            #expect(answer.status == 413)
            #expect(answer.errorCode == "body_too_large")
        }
    }

    @Test(arguments: ["4097", "1000000000000", "9223372036854775807"])
    func `a length over the limit is refused before the body comes`(length: String) async throws {
        try await WebHarness.with(Self.settings) { harness in
            let connection = try harness.connect()
            await connection.send(
                "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n"
            )
            #expect(try await connection.answer().status == 413)
            #expect(await connection.isClosedByPeer())
        }
    }

    @Test func `chunks that go over the limit are refused while they come, and the connection ends`()
        async throws
    {
        try await WebHarness.with(Self.settings) { harness in
            let connection = try harness.connect()
            await connection.send(
                "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nStripe-Signature: t=1,v1=\(String(repeating: "0", count: 64))\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            let chunk = "400\r\n" + String(repeating: " ", count: 0x400) + "\r\n"
            for _ in 0..<5 { await connection.send(chunk) }
            // The last chunk never comes.
            #expect(try await connection.answer().status == 413)
            #expect(await connection.isClosedByPeer())
        }
    }

    @Test func `a client that reads only after sending everything still gets the 413`()
        async throws
    {
        try await WebHarness.with(Self.settings) { harness in
            let connection = try harness.connect()
            let size = 2 << 20
            await connection.send(
                "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n"
            )
            await connection.send([UInt8](repeating: 0x20, count: size))
            #expect(try await connection.answer().status == 413)
        }
    }

    // MARK: Headers

    @Test(arguments: [
        ("one field of 17 KB", "X-Long: " + String(repeating: "x", count: 17 << 10) + "\r\n"),
        ("101 fields", (0..<101).map { "X-\($0): x\r\n" }.joined()),
        (
            "64 KB of fields together",
            (0..<90).map { "X-\($0): " + String(repeating: "x", count: 1000) + "\r\n" }.joined()
        ),
        ("1 MB of a field", "X-Long: " + String(repeating: "x", count: 1 << 20) + "\r\n"),
        (
            "a Stripe-Signature of 20 KB",
            "Stripe-Signature: t=1" + String(repeating: ",v1=00", count: 3400) + "\r\n"
        ),
    ])
    func `headers over the limit are refused as such`(what: String, fields: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.exchange("GET /healthz HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
            #expect(answer.status == 431, "\(what)")
            #expect(answer.errorCode == "headers_too_large")
        }
    }

    @Test func `an address of 20 KB is too long`() async throws {
        try await WebHarness.with { harness in
            let path = "/" + String(repeating: "a", count: 20 << 10)
            let answer = try await harness.exchange("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect([404, 414, 431].contains(answer.status))
            #expect(answer.errorCode != nil)
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}",
        "GET /healthz HTTP/1.1\r\nHost h\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func `bytes that are no HTTP are refused as such`(bytes: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.exchange(bytes)
            #expect(answer.status == 400)
            #expect(answer.errorCode == "http_invalid")
        }
    }

    @Test func `a chunk that is none ends the connection and nothing else`() async throws {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            await connection.send(
                "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            )
            _ = try? await connection.answer()
            #expect(await connection.isClosedByPeer())
            #expect(try await harness.get("/healthz", key: nil).status == 200)
        }
    }

    /// Each costs as much as a large one.
    @Test func `a body in chunks of one byte is refused after some, and one in larger chunks is read`()
        async throws
    {
        try await WebHarness.with { harness in
            let body = MadeEvent.charge("ch_a").body
            let head =
                "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nStripe-Signature: "
                + "\(try harness.signature(of: body))\r\nTransfer-Encoding: chunked\r\n\r\n"
            let crumbs = try harness.connect()
            await crumbs.send(head + String(repeating: "1\r\nx\r\n", count: 2000))
            #expect(try await crumbs.answer().errorCode == "http_invalid")
            #expect(await crumbs.isClosedByPeer())
            let whole = try harness.connect()
            await whole.send(head)
            for start in stride(from: 0, to: body.count, by: 100) {
                let part = body[start..<min(start + 100, body.count)]
                await whole.send(String(part.count, radix: 16) + "\r\n")
                await whole.send(Array(part) + Array("\r\n".utf8))
            }
            await whole.send("0\r\n\r\n")
            #expect(try await whole.answer().status == 200)
        }
    }

    // MARK: Time

    @Test(arguments: [
        "", "\r\n",
        "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nStripe-Signature: t=1,v1=\(String(repeating: "0", count: 64))\r\n"
            + "Content-Length: 10\r\n\r\n123",
    ])
    func `a request that does not end loses its connection`(beginning: String) async throws {
        var settings = WebHarness.Settings()
        settings.deadlineSeconds = 1
        try await WebHarness.with(settings) { harness in
            let connection = try harness.connect()
            await connection.send(beginning)
            #expect(await connection.isClosedByPeer())
        }
    }

    @Test(arguments: ["G", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: h\r\nX-A: b"])
    func `a header that does not end is answered with 408`(beginning: String) async throws {
        var settings = WebHarness.Settings()
        settings.deadlineSeconds = 1
        try await WebHarness.with(settings) { harness in
            for first in ["", "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"] {
                let connection = try harness.connect()
                if !first.isEmpty {
                    await connection.send(first)
                    #expect(try await connection.answer().status == 200)
                }
                await connection.send(beginning)
                let answer = try await connection.answer()
                #expect(answer.status == 408)
                #expect(answer.errorCode == "request_timeout")
                #expect(answer.headers["Connection"] == "close")
                #expect(await connection.isClosedByPeer())
            }
        }
    }

    @Test func `a connection that is idle after a request is closed without an answer`() async throws {
        var settings = WebHarness.Settings()
        settings.deadlineSeconds = 1
        try await WebHarness.with(settings) { harness in
            let connection = try harness.connect()
            await connection.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await connection.answer().status == 200)
            #expect(await connection.isClosedByPeer())
        }
    }

    // MARK: Expect: 100-continue

    @Test(arguments: [
        ("/v1/stripe-webhook", "Content-Length: 10", 400),
        ("/v1/stripe-webhook", "Content-Length: 4097", 413),
        ("/v1/stripe-webhook", "Transfer-Encoding: chunked", 400),
        ("/v1/customer_sessions", "Content-Length: 10", 401), ("/v1/nothing", "Content-Length: 10", 404),
        (
            "/v1/customer_sessions",
            "Content-Length: 999999999\r\nAuthorization: Bearer \(TestKey.sessions.rawValue)", 413
        ),
    ])
    func `a client that asks before it sends a body is refused at once, if its header is`(
        path: String,
        fields: String,
        status: Int
    ) async throws {
        try await WebHarness.with(Self.settings) { harness in
            let connection = try harness.connect()
            await connection.send(
                "POST \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\nExpect: 100-continue\r\n\r\n"
            )
            let answer = try await connection.answer(skipsInterim: false)
            #expect(answer.status == status)
            #expect(answer.headers["Connection"] == "close")
            #expect(await connection.isClosedByPeer())
        }
    }

    @Test func `a client that asks before it sends a body may send one that is read`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            let connection = try harness.connect()
            let body = #"{"customer":"cus_one"}"#
            await connection.send(
                "POST /v1/customer_sessions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(TestKey.sessions.rawValue)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try await connection.answer(toHead: true, skipsInterim: false).status == 100)
            await connection.send(body)
            #expect(try await connection.answer().status == 200)
        }
    }

    @Test func `an expectation without a body leaves the connection open`() async throws {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            for _ in 0..<2 {
                await connection.send("GET /healthz HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await connection.answer(skipsInterim: false).status == 200)
            }
        }
    }

    // MARK: Connections

    @Test func `two requests on one connection are both answered`() async throws {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            await connection.send(String(repeating: "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", count: 2))
            #expect(try await connection.answer().status == 200)
            #expect(try await connection.answer().status == 200)
        }
    }

    @Test func `the connection closes if the client asks for it`() async throws {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            await connection.send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(try await connection.answer().status == 200)
            #expect(await connection.isClosedByPeer())
        }
    }
}
