import Billing
import HTTPClient
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Storage
import StripeAPI
import Testing

@testable import SQLiteStorage
@testable import Web

#if canImport(Glibc)
import Glibc
#endif

/// The limits of one caller, and their effect on others.
@Suite(.timeLimit(.minutes(5)))
struct RateLimitTests {
    private static func limited(to rateLimit: Int64) -> WebHarness.Settings {
        var settings = WebHarness.Settings()
        settings.rateLimit = rateLimit
        return settings
    }

    @Test func `a caller over RATE_LIMIT a minute is refused, with the time to wait`()
        async throws
    {
        try await WebHarness.with(Self.limited(to: 3)) { harness in
            for left in [2, 1, 0] {
                let answer = try await harness.get("/v1/transactions")
                #expect(answer.status == 200)
                #expect(answer.headers["RateLimit-Policy"] == "\"caller\";q=3;w=60")
                #expect(answer.headers["RateLimit"] == "\"caller\";r=\(left);t=\((3 - left) * 20)")
            }
            let refused = try await harness.get("/v1/transactions")
            #expect(refused.status == 429)
            #expect(refused.errorCode == "rate_limited")
            #expect(refused.headers["Retry-After"] == "20")
            #expect(refused.headers["RateLimit"] == "\"caller\";r=0;t=20")
            harness.clock.advance(seconds: 19)
            #expect(try await harness.get("/v1/transactions").status == 429)
            harness.clock.advance(seconds: 1)
            #expect(try await harness.get("/v1/transactions").status == 200)
            let metrics = try await harness.get("/metrics", key: .metrics).text
            #expect(metrics.contains("console_billing_limited_requests_total{reason=\"rate_limited\"} 2\n"))
        }
    }

    @Test func `a report costs ten rows, and one that costs more than there ever is takes all`() async throws
    {
        try await WebHarness.with(Self.limited(to: 15)) { harness async throws in
            #expect(try await harness.get("/v1/balance?customer=cus_one").status == 200)
            #expect(try await harness.get("/v1/balance?customer=cus_one").status == 429)
            for _ in 0..<5 { #expect(try await harness.get("/v1/transactions").status == 200) }
            #expect(try await harness.get("/v1/transactions").status == 429)
        }
        try await WebHarness.with(Self.limited(to: 3)) { harness async throws in
            #expect(try await harness.get("/v1/balance?customer=cus_one").status == 200)
            #expect(try await harness.get("/v1/transactions").status == 429)
        }
    }

    @Test func `each key, user, customer and address has its own budget`() async throws {
        try await WebHarness.with(Self.limited(to: 2)) { harness in
            func user(_ id: String) -> [TransportHeader] { [TransportHeader("X-User-Id", id)] }
            let one = [bearer(harness.sessionToken("cus_one"))]
            let asks: [(what: String, ask: () async throws -> Answer, served: Int)] = [
                ("a key", { try await harness.get("/v1/transactions") }, 200),
                ("a user", { try await harness.get("/v1/transactions", headers: user("a")) }, 200),
                ("another", { try await harness.get("/v1/transactions", headers: user("b")) }, 200),
                ("a session", { try await harness.get("/v1/transactions", key: nil, headers: one) }, 200),
                ("a stranger", { try await harness.get("/v1/transactions", key: nil) }, 401),
            ]
            for (what, ask, served) in asks {
                for expected in [served, served, 429] {
                    #expect(try await ask().status == expected, "\(what)")
                }
            }
            // A session cannot name a user, so it uses no user's budget.
            let other = [bearer(harness.sessionToken("cus_two"))]
            for _ in 0..<2 {
                _ = try await harness.get("/v1/transactions", key: nil, headers: other + user("c"))
            }
            #expect(try await harness.get("/v1/transactions", headers: user("c")).status == 200)
        }
    }

    @Test func `each route is charged what it costs`() async throws {
        try await WebHarness.with(Self.limited(to: 1000)) { harness in
            let one = "customer=cus_one"
            let routes: [(path: String, cost: Int)] = [
                ("/v1/transactions", 1), ("/v1/balance?\(one)", 10), ("/v1/balance/history?\(one)", 10),
                ("/v1/usage/daily?\(one)", 10), ("/v1/usage/monthly?\(one)", 10),
                ("/v1/usage/history", 10), ("/v1/usage/history/stats", 10),
                ("/v1/transactions/export", 10), ("/v1/stripe/transactions/export", 10),
                ("/v1/transactions/ch_none/receipt", 5),
            ]
            var left = 1000
            for (path, cost) in routes {
                let answer = try await harness.get(path)
                let match = (answer.headers["RateLimit"] ?? "").firstMatch(of: /r=([0-9]+)/)
                let now = match.flatMap { Int($0.1) } ?? -1
                #expect(left - now == cost, "\(path): \(answer.status)")
                left = now
            }
            let cookie = harness.cookie(harness.sessionToken())
            let page = try await harness.get("/billing/usage", key: nil, headers: [cookie])
            #expect(page.headers["RateLimit"]?.contains("r=990;") == true)
        }
    }

    @Test func `a report waits for its turn, and by default one processor is left`() async throws {
        let reads = HeavyReads(HeavyReads.Limits(atOnce: 1, waiting: 0, ofCaller: 2))
        let limits = RequestLimits(heavyReads: reads)
        let (first, second) = (
            RequestAllowance(limits, from: nil, now: Self.noon),
            RequestAllowance(limits, from: nil, now: Self.noon)
        )
        first.cost = .range
        second.cost = .range
        try await first.admit(.user("one"))
        await #expect(throws: APIError.self) { try await second.admit(.user("two")) }
        #expect(second.refusal == "service_busy")
        // The caller has its whole budget: the service refused, and nothing was done for it.
        #expect(second.fields[.rateLimit] == "\"caller\";r=6000")
        first.end()
        #expect(reads.count == (0, 0))
        #expect(HeavyReads.Limits().atOnce <= max(1, System.coreCount - 1))
    }

    @Test func `a request that all callers together leave no room for costs its caller nothing`() async throws
    {
        let limits = RequestLimits(RequestLimits.Rates(caller: 10, key: 1))
        func allowance(_ user: String) async -> RequestAllowance {
            let allowance = RequestAllowance(limits, from: nil, now: Self.noon)
            allowance.cost = .page
            try? await allowance.admit(.user(user))
            return allowance
        }
        for user in 0..<10 { for _ in 0..<2 { _ = await allowance("\(user)") } }
        for _ in 0..<3 {
            let refused = await allowance("late")
            #expect(refused.refusal == "service_busy")
            #expect(refused.fields[.rateLimit] == "\"caller\";r=10")
        }
    }

    @Test func `deliveries, health and metrics are not limited`() async throws {
        try await WebHarness.with(Self.limited(to: 1)) { harness async throws in
            for _ in 0..<3 {
                #expect(try await harness.deliver(MadeEvent.charge("ch_a").body).status == 200)
                for path in ["/healthz", "/readyz", "/openapi.json", "/assets/billing.css"] {
                    #expect(try await harness.get(path, key: nil).status == 200, "\(path)")
                }
                #expect(try await harness.get("/metrics", key: .metrics).status == 200)
            }
        }
    }

    @Test func `a valid link is charged to its customer, and an invalid one to the address that opens it`()
        async throws
    {
        try await WebHarness.with(Self.limited(to: 6)) { harness in
            try await harness.deliver(FeedSample.events)
            let path = try await harness.receiptPath("ch_a")
                .replacing("/receipt?", with: "/receipt/print?")
            let forged = path.replacing("signature=", with: "signature=0")
            for _ in 0..<6 { #expect(try await harness.get(forged, key: nil).status == 403) }
            #expect(try await harness.get(forged, key: nil).status == 429)
            #expect(try await harness.get(path, key: nil).status == 200)
            #expect(try await harness.get(path, key: nil).status == 429)
        }
    }

    @Test func `the page shows it as a page`() async throws {
        try await WebHarness.with(Self.limited(to: 5)) { harness in
            let cookie = harness.cookie(harness.sessionToken())
            #expect(try await harness.get("/billing", key: nil, headers: [cookie]).status == 200)
            let refused = try await harness.get("/billing", key: nil, headers: [cookie])
            #expect(refused.status == 429)
            #expect(refused.headers["Content-Type"]?.hasPrefix("text/html") == true)
            #expect(refused.headers["Retry-After"] == "60")
        }
    }

    // MARK: Addresses

    @Test(
        arguments: [
            ("203.0.113.7", nil, "203.0.113.7"), ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
            ("127.0.0.1", nil, "127.0.0.1"), ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.1.2.3", "192.0.2.9, 198.51.100.1", "198.51.100.1"),
            ("172.32.0.1", "198.51.100.1", "172.32.0.1"),
            ("::1", "2001:db8:1:2:3::4", "2001:db8:1:2::"), ("::ffff:203.0.113.7", nil, "203.0.113.7"),
            ("fd00::1", "nonsense", "fd00::2"),
        ] as [(String, String?, String)]
    )
    func `an unknown caller's address is the peer's, or the one that a proxy of our own network saw`(
        peer: String,
        forwarded: String?,
        counted: String
    ) throws {
        var head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        if let forwarded { head.headerFields[.forwardedFor] = forwarded }
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        let address = NetworkAddress(of: request, peer: try SocketAddress(ipAddress: peer, port: 1))
        #expect(address != nil && address == NetworkAddress(counted))
    }

    // MARK: Buckets

    private static let noon = TestClock.start

    @Test func `a bucket gives its limit at once, and refills over a minute`() {
        var bucket = TokenBucket(limit: 60, now: Self.noon)
        #expect(bucket.take(60, now: Self.noon) == 0)
        #expect(bucket.take(1, now: Self.noon) == 1)
        #expect(bucket.take(2, now: Self.noon.adding(seconds: 1)) == 1)
        #expect(bucket.take(2, now: Self.noon.adding(seconds: 2)) == 0)
        #expect(bucket.remaining == 0 && bucket.secondsUntilFull == 60)
        // An idle time of any length allows no more than the limit.
        #expect(bucket.take(0, now: Instant(unixSeconds: .max)) == 0)
        #expect(bucket.remaining == 60)
    }

    @Test func `a clock that is put back neither gives nor takes`() {
        var bucket = TokenBucket(limit: 2, now: Self.noon)
        #expect(bucket.take(1, now: Instant(unixSeconds: .min)) == 0)
        #expect(bucket.remaining == 1)
        #expect(bucket.take(1, now: Instant(unixSeconds: .min)) == 0)
        #expect(bucket.take(1, now: Instant(unixSeconds: .min).adding(seconds: 29)) == 1)
    }

    @Test func `the number of remembered callers is limited`() {
        var buckets = CallerBuckets(half: 10)
        _ = buckets.take(1, of: .key("first"), limit: 1, now: Self.noon)
        for index in 0..<19 { _ = buckets.take(1, of: .user("\(index)"), limit: 1, now: Self.noon) }
        #expect(buckets.count <= 20)
        #expect(buckets.take(1, of: .user("18"), limit: 1, now: Self.noon).seconds == 60)
        for index in 20..<60 { _ = buckets.take(1, of: .user("\(index)"), limit: 1, now: Self.noon) }
        #expect(buckets.count <= 20)
        #expect(buckets.take(1, of: .key("first"), limit: 1, now: Self.noon).seconds == 0)
    }

    @Test func `all callers together have a budget too`() {
        let limits = RequestLimits(RequestLimits.Rates(caller: 1, key: 1))
        for index in 0..<10 {
            let taken = limits.take(1, of: .user("\(index)"), now: Self.noon)
            #expect((taken.callerSeconds, taken.processSeconds) == (0, 0))
        }
        #expect(limits.take(1, of: .user("10"), now: Self.noon).processSeconds == 6)
    }

    // MARK: Heavy reads

    @Test func `heavy reads take turns, some wait, and the others are turned away`() async throws {
        let reads = HeavyReads(HeavyReads.Limits(atOnce: 1, waiting: 1, ofCaller: 2))
        let (one, two) = (LimitedCaller.user("one"), LimitedCaller.user("two"))
        try await reads.enter(one)
        let second = Task { try await reads.enter(one) }
        while reads.count.waiting < 1 { await Task.yield() }
        await #expect(throws: HeavyReads.Refusal.tooManyOfCaller) { try await reads.enter(one) }
        await #expect(throws: HeavyReads.Refusal.tooMany) { try await reads.enter(two) }
        await #expect(throws: HeavyReads.Refusal.tooMany) { try await reads.enter(.key("k")) }
        reads.leave(one)
        try await second.value
        #expect(reads.count == (1, 0))
        reads.leave(one)
        #expect(reads.count == (0, 0))
        try await reads.enter(two)
    }

    @Test func `heavy reads run on threads of low priority, and so do their queries`() async throws {
        @Sendable func niceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
        try await WebHarness.with { harness in
            let (usual, store) = (niceness(), harness.store)
            let heavy = try await Task(executorPreference: HeavyReads.threads) {
                let query = try await store.read("reading") { _ in niceness() }
                return [niceness(), query]
            }.value
            #expect(heavy == [max(usual, 10), max(usual, 10)])
        }
    }

    @Test func `a route that costs a range is answered on such a thread, and any other is not`() async throws
    {
        @Sendable func prefersThreads() -> Bool { withUnsafeCurrentTask { $0?.unownedTaskExecutor != nil } }
        let routes = Routes(
            authenticator: Authenticator(
                publicURL: "",
                cookie: SessionCookie(publicURL: "", isFramed: false),
                customers: StoreOutage(code: .closed)
            )
        )
        for (path, cost) in [("/range", .range), ("/row", .row), ("/page", .page)] as [(String, RouteCost)] {
            routes.get(path, cost: cost) { _, _ in Response(status: prefersThreads() ? .ok : .noContent) }
        }
        let responder = routes.router.buildResponder()
        var found: [String: Int] = [:]
        for path in ["/range", "/row", "/page"] {
            let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: path)
            let context = AppContext(
                source: ApplicationRequestContextSource(
                    channel: EmbeddedChannel(),
                    logger: Logger(label: "routes") { _ in SwiftLogNoOpLogHandler() }
                )
            )
            let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
            found[path] = try await responder.respond(to: request, context: context).status.code
        }
        #expect(found == ["/range": 200, "/row": 204, "/page": 204])
    }

    @Test func `a report that is answered has given back its turn, also where it failed`() async throws {
        try await WebHarness.with { harness in
            for query in ["customer=cus_one", "customer=cus_one&nonsense=1", "customer=%"] {
                _ = try await harness.get("/v1/balance?\(query)")
            }
            let metrics = try await harness.get("/metrics", key: .metrics).text
            #expect(metrics.contains("console_billing_heavy_reads{state=\"running\"} 0\n"))
            #expect(metrics.contains("console_billing_heavy_reads{state=\"waiting\"} 0\n"))
        }
    }
}
