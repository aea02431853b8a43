import Billing
import Storage
import StripeAPI
import Testing

@testable import Web

/// Operators start and read background jobs.
@Suite(.timeLimit(.minutes(5)))
struct JobRoutesTests {
    private static let routes: [(path: String, kind: Job.Kind)] = [
        ("/v1/backfills", .backfill), ("/v1/reconciliations", .reconciliation),
    ]

    @Test(arguments: routes)
    func `a requested run is listed, and the same parameters mean the same run`(
        route: (path: String, kind: Job.Kind)
    ) async throws {
        try await WebHarness.with { harness in
            let url = route.path + "?since=30d&rate=5&max_requests=any&account=acct_1"
            let begun = try await harness.post(url, key: .ops)
            #expect(begun.status == 202)
            let id = try #require(begun.json["id"]?.string)
            #expect(begun.json["object"]?.string == route.kind.rawValue)
            #expect(begun.json["state"]?.string == "waiting")
            #expect(try await harness.post(url, key: .ops).json["id"]?.string == id)
            for name in [id, "latest"] {
                let shown = try await harness.get("\(route.path)/\(name)", key: .ops)
                #expect(shown.status == 200)
                #expect(shown.json["id"]?.string == id)
            }
            let run = try #require(try await harness.store.job(id: id))
            let asked = try #require(run.asked)
            #expect(asked.from == harness.clock.now.adding(seconds: -30 &* 86_400))
            #expect(asked.through == nil)
            #expect(asked.requestsPerSecond == 5)
            #expect(asked.maxRequests == nil)
            #expect(asked.parameters.account == "acct_1")

            let other = try await harness.post(route.path + "?since=1d", key: .ops)
            #expect(other.status == 409)
            #expect(other.errorCode == "run_under_way")
        }
    }

    @Test(arguments: [
        ("", "since"), ("since=", "since"), ("since=yesterday", "since"), ("since=30", "since"),
        ("since=2026-02-30", "since"), ("since=99999999999", "since"), ("since=-30d", "since"),
        ("since=30d&until=60d", "until"), ("since=30d&until=x", "until"), ("since=30d&rate=0", "rate"),
        ("since=30d&rate=nan", "rate"), ("since=30d&rate=101", "rate"),
        ("since=30d&max_requests=0", "max_requests"),
        ("since=30d&max_requests=all", "max_requests"), ("since=30d&account=a%20b", "account"),
        ("since=30d&undelivered_only=yes", "undelivered_only"), ("since=30d&limit=3", "limit"),
        ("since=30d&since=20d", "since"),
    ])
    func `an invalid request is refused by name and begins nothing`(
        query: String,
        parameter: String
    ) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.post("/v1/backfills?\(query)", key: .ops)
            #expect(answer.status == 400)
            #expect(answer.json["error"]?["param"]?.string == parameter)
            #expect(try await harness.store.latestJob(.backfill) == nil)
        }
    }

    @Test func `only a reconciliation accepts fix, and only a backfill undelivered_only`()
        async throws
    {
        try await WebHarness.with { harness in
            let mending = try await harness.post("/v1/backfills?since=1d&fix=true", key: .ops)
            #expect(mending.status == 400)
            let path = "/v1/reconciliations?since=1d&undelivered_only=true"
            #expect(try await harness.post(path, key: .ops).status == 400)
            #expect(try await harness.post("/v1/reconciliations?since=1d&fix=true", key: .ops).status == 202)
            #expect(try await harness.store.latestJob(.reconciliation)?.asked?.parameters.repairs == true)
        }
    }

    @Test func `without a key of Stripe's nothing is begun`() async throws {
        var settings = WebHarness.Settings()
        settings.canAskStripe = false
        try await WebHarness.with(settings) { harness in
            let answer = try await harness.post("/v1/backfills?since=1d", key: .ops)
            #expect(answer.status == 409)
            #expect(answer.errorCode == "stripe_key_missing")
            #expect(try await harness.store.latestJob(.backfill) == nil)
        }
    }

    @Test(arguments: ["bf_nobody", "latest", "%00", "..", "evt_1"])
    func `a run that there is not is missing`(id: String) async throws {
        try await WebHarness.with { harness in
            _ = try await harness.post("/v1/reconciliations?since=1d", key: .ops)
            #expect(try await harness.get("/v1/backfills/\(id)", key: .ops).status == 404)
            let run = try #require(try await harness.store.latestJob(.reconciliation))
            #expect(try await harness.get("/v1/backfills/\(run.id)", key: .ops).status == 404)
        }
    }

    @Test func `the log can be filtered by source and by object`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let all = try await harness.ids("/v1/events?limit=100", key: .ops)
            #expect(try await harness.ids("/v1/events?limit=100&source=webhook", key: .ops) == all)
            #expect(try await harness.ids("/v1/events?source=api", key: .ops) == [])
            #expect(try await harness.ids("/v1/events?object=ch_a", key: .ops).isEmpty == false)
            #expect(try await harness.get("/v1/events?source=nowhere", key: .ops).status == 400)
        }
    }

    // MARK: Moments

    @Test(
        arguments: [
            ("30d", -2_592_000), ("12h", -43_200), ("90m", -5400), ("5s", -5), ("2w", -1_209_600),
        ] as [(String, Int64)]
    )
    func `a stretch of time counts back from now`(text: String, seconds: Int64) {
        let now = Instant(unixSeconds: 1_750_000_000)
        #expect(MomentText.instant(text, now: now) == now.adding(seconds: seconds))
    }

    @Test(
        arguments: [
            ("2025-06-15", 1_749_945_600), ("2025-06-15T15:06:40Z", 1_750_000_000),
            ("2025-06-15T17:06:40+02:00", 1_750_000_000), ("2025-06-15T09:36:40.5-05:30", 1_750_000_000),
            ("1750000000", 1_750_000_000),
        ] as [(String, Int64)]
    )
    func `a moment is a moment in whatever spelling`(text: String, seconds: Int64) {
        #expect(MomentText.instant(text, now: Instant(unixSeconds: 0)) == Instant(unixSeconds: seconds))
    }

    @Test func `a day at the end of a stretch is meant whole`() {
        let end = MomentText.instant("2025-06-15", isEnd: true, now: Instant(unixSeconds: 0))
        #expect(end == Instant(unixSeconds: 1_749_945_600 &+ 86_399))
    }

    @Test(arguments: [
        "", "30", "d", "-1d", "1.5d", "30 d", "30D", "2025-02-30", "2025-13-01", "2025-06-15T25:00:00Z",
        "2025-06-15T10:00:00", "2025-06-15T10:00:00+25:00", "17500000000000000", "yesterday", "9999999d",
        "2025-06-15T17:06:40+02:00Z",
    ])
    func `what leaves something to guess is no moment`(text: String) {
        #expect(MomentText.instant(text, now: Instant(unixSeconds: 1_750_000_000)) == nil)
    }
}
