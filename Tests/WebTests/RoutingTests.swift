import Storage
import Synchronization
import Testing

@testable import Web

/// Known paths, unknown paths, and methods.
@Suite(.timeLimit(.minutes(5)))
struct RoutingTests {
    @Test(arguments: [
        ("GET", "/v1/stripe-webhook", "POST"),
        ("PUT", "/v1/stripe-webhook", "POST"),
        ("DELETE", "/v1/stripe-webhook", "POST"),
        ("PATCH", "/v1/stripe-webhook?x=1", "POST"),
        ("OPTIONS", "/v1/stripe-webhook", "POST"),
        ("POST", "/v1/transactions", "GET, HEAD"),
        ("DELETE", "/v1/transactions/pi_1", "GET, HEAD"),
        ("POST", "/v1/transactions/pi_1/receipt", "GET, HEAD"),
        ("GET", "/v1/transactions/pi_1/receipt/email", "POST"),
        ("POST", "/v1/transactions/pi_1/next_action", "GET, HEAD"),
        ("POST", "/v1/stripe/transactions/export", "GET, HEAD"),
        ("GET", "/v1/events/evt_1/reproject", "POST"),
        ("DELETE", "/v1/events/reproject", "GET, HEAD, POST"),
        ("GET", "/v1/backfills", "POST"),
        ("DELETE", "/v1/backfills/latest", "GET, HEAD"),
        ("GET", "/v1/reconciliations", "POST"),
        ("PUT", "/v1/reconciliations/rc_1", "GET, HEAD"),
        ("POST", "/metrics", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ])
    func `a known path with another method gets the allowed methods`(
        method: String,
        path: String,
        allowed: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            let answer = try await harness.exchange(
                "\(method) \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
            )
            #expect(answer.status == 405)
            #expect(answer.errorCode == "method_not_allowed")
            let methods = answer.headers["Allow"]?.split(separator: ", ").sorted().joined(separator: ", ")
            #expect(methods == allowed)
        }
    }

    @Test(arguments: [
        "/", "/v1", "/v1/stripe-webhooks", "/v1/transactions/pi_1/receipt/more", "/V1/transactions",
        "/v1/transactions/a/b", "/admin", "/..%2f..%2fetc/passwd", "//healthz/x",
    ])
    func `an unknown path is not found`(path: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.exchange("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(answer.status == 404)
            #expect(answer.errorCode == "route_unknown")
        }
    }

    @Test(arguments: ["/healthz", "/readyz", "/v1/healthz/liveness", "/v1/healthz/readiness"])
    func `health needs no credential`(path: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get(path, key: nil)
            #expect(answer.status == 200)
        }
    }

    @Test func `whether the store is ready is found out once a second`() async throws {
        let asked = Mutex(0)
        let readiness = Readiness {
            // The second time it is not.
            let count = asked.withLock { count in
                count += 1
                return count
            }
            if count == 2 { throw StoreError(.busy, while: "testing") }
        }
        let now = TestClock.start
        for _ in 0..<3 { try await readiness.check(now: now) }
        #expect(asked.withLock { $0 } == 1)
        for _ in 0..<3 {
            await #expect(throws: StoreError.self) { try await readiness.check(now: now.adding(seconds: 1)) }
        }
        #expect(asked.withLock { $0 } == 2)
        try await readiness.check(now: now.adding(seconds: 2))
    }

    @Test(arguments: ["/healthz", "/v1/transactions"])
    func `HEAD answers as GET does, without the body`(path: String) async throws {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            await connection.send(
                "HEAD \(path) HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(TestKey.feed.rawValue)\r\n\r\n"
                    + "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
            )
            #expect(try await connection.answer(toHead: true).status == 200)
            #expect(try await connection.answer().text == #"{"status":"ok"}"#)
        }
    }
}
