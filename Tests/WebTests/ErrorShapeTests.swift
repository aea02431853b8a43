import HTTPClient
import StripeAPI
import Testing

/// Every error has Stripe's shape and an accurate status; every answer has a `Request-Id`.
@Suite(.timeLimit(.minutes(5)))
struct ErrorShapeTests {
    /// One request for each way to be refused, as it goes over the wire.
    private static let refusals: [(request: String, status: Int, type: String)] = [
        (get("/v1/nothing"), 404, "invalid_request_error"),
        ("PUT /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 405, "invalid_request_error"),
        (get("/v1/transactions"), 401, "authentication_error"),
        (get("/v1/transactions", .unknown), 401, "authentication_error"),
        (get("/v1/transactions", .ops), 403, "permission_error"),
        (get("/v1/transactions?limit=0", .feed), 400, "invalid_request_error"),
        (get("/v1/transactions?colour=red", .feed), 400, "invalid_request_error"),
        (get("/v1/transactions?starting_after=ch_x", .feed), 400, "invalid_request_error"),
        (get("/v1/transactions/ch_nobody", .feed), 404, "invalid_request_error"),
        (get("/v1/transactions/export?timezone=Mars", .feed), 400, "invalid_request_error"),
        (get("/v1/transactions/ch_nobody/receipt?expires=1&signature=0"), 403, "permission_error"),
        (get("/v1/transactions/ch_failed/receipt", .feed), 404, "invalid_request_error"),
        (get("/v1/transactions/ch_failed/next_action", .feed), 404, "invalid_request_error"),
        (get("/v1/transactions/ch_nobody/next_action?expires=1&signature=0"), 403, "permission_error"),
        (get("/v1/stripe/transactions/export", .feed), 400, "invalid_request_error"),
        (get("/v1/events/evt_nobody", .ops), 404, "invalid_request_error"),
        (get("/v1/events?ending_before=evt_nobody", .ops), 400, "invalid_request_error"),
        (post("/v1/events/evt_nobody/reproject", .ops), 404, "invalid_request_error"),
        (post("/v1/stripe-webhook"), 400, "invalid_request_error"),
        (
            "POST /v1/stripe-webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n", 413,
            "invalid_request_error"
        ),
        (
            "GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431,
            "invalid_request_error"
        ),
        ("nonsense\r\n\r\n", 400, "invalid_request_error"),
    ]

    private static func get(_ path: String, _ key: TestKey? = nil) -> String {
        "GET \(path) HTTP/1.1\r\nHost: h\r\n" + header(key) + "\r\n"
    }

    private static func post(_ path: String, _ key: TestKey? = nil) -> String {
        "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n" + header(key) + "\r\n"
    }

    private static func header(_ key: TestKey?) -> String {
        key.map { "Authorization: Bearer \($0.rawValue)\r\n" } ?? ""
    }

    private func withAnswer(_ index: Int, _ body: (Answer) throws -> Void) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_failed", status: "failed")])
            try body(try await harness.exchange(Self.refusals[index].request))
        }
    }

    @Test(arguments: refusals.indices)
    func `an error has the contract's status and type`(index: Int) async throws {
        let refusal = Self.refusals[index]
        try await withAnswer(index) { answer in
            #expect(answer.status == refusal.status)
            #expect(answer.json["error"]?["type"]?.string == refusal.type)
        }
    }

    @Test(arguments: refusals.indices)
    func `an error has the contract's members and no others`(index: Int) async throws {
        try await withAnswer(index) { answer in
            #expect(answer.json.names == ["error", "message"])
            #expect(answer.json["message"] == answer.json["error"]?["message"])
            let names = answer.json["error"]?.names ?? []
            #expect(names.subtracting(["param"]) == ["type", "code", "message", "request_id"])
        }
    }

    @Test(arguments: refusals.indices)
    func `an error's message is a sentence`(index: Int) async throws {
        try await withAnswer(index) { answer in
            let message = answer.json["error"]?["message"]?.string ?? ""
            #expect(message.first?.isUppercase == true)
            #expect(message.hasSuffix("."))
        }
    }

    @Test(arguments: refusals.indices)
    func `an error carries the name of its request, as the header does`(index: Int) async throws {
        try await withAnswer(index) { answer in
            let id = answer.headers["Request-Id"] ?? ""
            #expect(id.wholeMatch(of: /req_[0-9A-Za-z]{16}/) != nil)
            #expect(answer.json["error"]?["request_id"]?.string == id)
        }
    }

    @Test(arguments: refusals.indices)
    func `an error is JSON, and kept by no cache`(index: Int) async throws {
        try await withAnswer(index) { answer in
            #expect(answer.headers["Content-Type"] == "application/json; charset=utf-8")
            #expect(answer.headers["Cache-Control"] == "no-store")
        }
    }

    @Test(arguments: RouteUnderTest.all)
    func `every answer names its request, each with a name of its own`(route: RouteUnderTest) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let method: TransportRequest.Method = route.method == "POST" ? .post([]) : .get
            var ids: Set<String> = []
            for _ in 0..<3 {
                let answer = try await harness.send(method, route.path, headers: route.key?.headers ?? [])
                ids.insert(try #require(answer.headers["Request-Id"]))
            }
            #expect(ids.count == 3)
        }
    }
}
