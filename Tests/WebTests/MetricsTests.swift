import Billing
import HTTPClient
import HTTPTypes
import SQLiteStorage
import Storage
import StripeAPI
import Testing

@testable import Web

/// Numbers for Prometheus.
@Suite(.timeLimit(.minutes(5)))
struct MetricsTests {
    /// The samples of the text format, each line of which has to be one.
    private func samples(_ answer: Answer) throws -> [String: String] {
        var samples: [String: String] = [:]
        for line in answer.text.split(separator: "\n") where !line.hasPrefix("#") {
            let match = try #require(
                String(line).wholeMatch(
                    of: /([a-z_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) (-?[0-9.e+]+)/
                ),
                "\(line)"
            )
            #expect(samples.updateValue(String(match.2), forKey: String(match.1)) == nil, "\(line)")
        }
        return samples
    }

    @Test func `what became of deliveries is counted`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            try await harness.deliver(FeedSample.events)
            _ = try await harness.post(WebHarness.webhookPath, Array("{}".utf8))
            try await harness.deliver(#"{"id":"evt_q","type":"charge.succeeded","data":{"object":{}}}"#)
            let answer = try await harness.get("/metrics", key: .metrics)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            let found = try samples(answer)
            let name = "console_billing_deliveries_total"
            let count = String(FeedSample.events.count)
            #expect(found["\(name){outcome=\"recorded\"}"] == count)
            #expect(found["\(name){outcome=\"duplicate\"}"] == count)
            #expect(found["\(name){outcome=\"quarantined\"}"] == "1")
            #expect(found["\(name){outcome=\"refused\"}"] == "1")
        }
    }

    @Test func `a delivery that the store does not take is counted as that, and as no refused one`()
        async throws
    {
        var settings = WebHarness.Settings()
        settings.writerLimits = EventBatches.Limits(maxWaiting: 0)
        try await WebHarness.with(settings) { harness in
            #expect(try await harness.deliver(MadeEvent.charge("ch_a").body).status == 503)
            let found = try samples(try await harness.get("/metrics", key: .metrics))
            let name = "console_billing_deliveries_total"
            #expect(found["\(name){outcome=\"not_stored\"}"] == "1")
            #expect(found["\(name){outcome=\"refused\"}"] == "0")
        }
    }

    @Test func `every family has HELP and TYPE, once and before its samples`() async throws {
        try await WebHarness.with { harness in
            try await begin(harness)
            let lines = try await harness.get("/metrics", key: .metrics).text.split(separator: "\n").map(
                String.init
            )
            var told: Set<String> = []
            for line in lines where line.hasPrefix("# TYPE ") {
                #expect(told.insert(String(line.split(separator: " ")[2])).inserted)
            }
            for line in lines where !line.hasPrefix("#") {
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                // The lines of a histogram belong to one family.
                let family = name.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(told.contains(name) || told.contains(family), "\(line)")
            }
        }
    }

    private func begin(_ harness: WebHarness) async throws {
        var run = Job(id: "rc_1", kind: .reconciliation, dueAt: nil, createdAt: harness.clock.now)
        var comparison = Comparison()
        comparison.rows = 12
        comparison.driftCount = 5
        comparison.repaired = 2
        var progress = JobProgress()
        progress.comparison = comparison
        run.keep(progress)
        run.state = .completed
        #expect(try await harness.store.add(run))
        _ = try await harness.post("/v1/backfills?since=30d", key: .ops)
    }

    @Test func `the last reconciliation and backfill have metrics`() async throws {
        try await WebHarness.with { harness in
            let before = try samples(try await harness.get("/metrics", key: .metrics))
            #expect(before["console_billing_reconciliation_drift"] == nil)
            try await begin(harness)
            let found = try samples(try await harness.get("/metrics", key: .metrics))
            #expect(found["console_billing_reconciliation_drift"] == "3")
            #expect(found["console_billing_reconciliation_rows"] == "12")
            let moment = String(harness.clock.now.unixSeconds)
            let updated = #"console_billing_last_job_updated_timestamp_seconds{kind="reconciliation"}"#
            #expect(found[updated] == moment)
            #expect(found[#"console_billing_last_job_state{kind="backfill",state="waiting"}"#] == "1")
            #expect(found[#"console_billing_last_job_state{kind="backfill",state="failed"}"#] == "0")
            #expect(found[#"console_billing_jobs{kind="backfill",state="waiting"}"#] == "1")
            #expect(found[#"console_billing_jobs{kind="fetch",state="failed"}"#] == "0")
        }
    }

    private static let age = #"console_billing_jobs_oldest_age_seconds{kind="alert"}"#

    private func leaveAlert(_ harness: WebHarness) async throws {
        let at = harness.clock.now.adding(seconds: -90)
        let alert = Alert(id: "msg_1", kind: .stripeSilent, at: at, body: "{}")
        #expect(try await harness.store.add(Job(sending: alert)))
    }

    @Test func `waiting alerts have metrics: their number, the age of the oldest, and how long it is due`()
        async throws
    {
        try await WebHarness.with { harness in
            let before = try samples(try await harness.get("/metrics", key: .metrics))
            #expect(before[Self.age] == "0")
            try await leaveAlert(harness)
            let found = try samples(try await harness.get("/metrics", key: .metrics))
            #expect(found[#"console_billing_jobs{kind="alert",state="waiting"}"#] == "1")
            #expect(found[Self.age] == "90")
            #expect(found[#"console_billing_jobs_overdue_seconds{kind="alert"}"#] == "90")
            let about = try await harness.get("/v1/jobs/msg_1", key: .ops).json["about"]?.string
            #expect(about == "stripe.silent")
        }
    }

    @Test func `jobs that this service does not work on are not late`() async throws {
        var settings = WebHarness.Settings()
        settings.jobKinds = [.fetch]
        try await WebHarness.with(settings) { harness in
            try await leaveAlert(harness)
            let found = try samples(try await harness.get("/metrics", key: .metrics))
            #expect(found[Self.age] == nil)
            #expect(found[#"console_billing_jobs_overdue_seconds{kind="alert"}"#] == nil)
        }
    }

    private static let openToLoopback: WebHarness.Settings = {
        var settings = WebHarness.Settings()
        settings.metricsOpen = true
        return settings
    }()

    @Test(arguments: ["/metrics", "/metrics/", "//metrics", "/metrics//"])
    func `every caller needs a key for it, this machine included`(path: String) async throws {
        try await WebHarness.with { harness in
            let found = [
                try await harness.get(path, key: nil).status, try await harness.get(path, key: .ops).status,
                try await harness.get(path, key: .unknown).status,
                try await harness.get(path, key: .metrics).status,
            ]
            #expect(found == [401, 403, 401, 200])
        }
    }

    @Test func `METRICS_OPEN lets this machine read it without a key`() async throws {
        try await WebHarness.with(Self.openToLoopback) { harness in
            let status = try await harness.get("/metrics", key: nil).status
            #expect(status == 200)
        }
    }

    private static let forwarding = [
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded", "Forwarded",
        "Forwarded-For", "X-Real-IP", "Via", "CF-Connecting-IP", "CF-Ray", "True-Client-IP", "X-Client-IP",
        "X-Cluster-Client-IP", "Fastly-Client-IP", "X-Original-Forwarded-For", "X-Envoy-External-Address",
        "CDN-Loop", "X-ProxyUser-IP", "X-Forward-For", "X-Originating-IP", "X-Azure-ClientIP", "X-Scheme",
        "Front-End-Https", "X-Nginx-Proxy", "X-Amzn-Trace-Id", "CloudFront-Viewer-Address", "X-Something-New",
    ]

    @Test func `what comes through a proxy needs a key for it, METRICS_OPEN or not`() async throws {
        try await WebHarness.with(Self.openToLoopback) { harness in
            for header in Self.forwarding {
                for value in ["127.0.0.1", ""] {
                    let forwarded = TransportHeader(header, value)
                    let found = [
                        try await harness.get("/metrics", key: nil, headers: [forwarded]).status,
                        try await harness.get("/metrics", key: .metrics, headers: [forwarded]).status,
                    ]
                    #expect(found == [401, 200], "\(header): \(value)")
                }
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1:3080", true), ("localhost", true), ("LOCALHOST:80", true), ("[::1]:3080", true),
        ("billing.example.com", false), ("127.0.0.1.evil.example", false),
        ("localhost.evil.example:80", false),
        ("", false),
    ])
    func `a request by another name is not this machine's`(host: String, isOwn: Bool) {
        let request = HTTPRequest(method: .get, scheme: "http", authority: host, path: "/metrics")
        #expect(DirectRequest.isFromThisMachine(request, peer: "127.0.0.1") == isOwn)
        #expect(!DirectRequest.isFromThisMachine(request, peer: "10.0.0.1"))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.8.8", true), ("::1", true), ("::ffff:127.0.0.1", true),
        ("10.0.0.1", false), ("::ffff:10.0.0.1", false), ("fe80::1", false), ("::", false),
    ])
    func `only loopback addresses are this machine's`(address: String, isLoopback: Bool) {
        #expect(Loopback.contains(address) == isLoopback)
    }
}
