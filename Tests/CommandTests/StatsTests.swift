import Billing
import Testing

@testable import ConsoleBilling

/// The output of `stats` for given answers of the service.
struct StatsTests {
    // MARK: Prometheus' text

    @Test func `samples are read with their labels, whatever is in those`() {
        let samples = MetricSamples(
            #"""
            # HELP a Something.
            # TYPE a gauge
            a 3
            b{x="1",y="a \"quoted\" \\ {=,}\n"} 4.5 1700000000
            c{le="+Inf"} +Inf
            garbage
            d{x="unfinished
            """#
        )
        #expect(samples.value("a") == 3)
        #expect(
            samples.all("b") == [
                .init(name: "b", labels: ["x": "1", "y": "a \"quoted\" \\ {=,}\n"], value: 4.5)
            ]
        )
        #expect(samples.value("b", ["x": "1"]) == 4.5)
        #expect(samples.value("b", ["x": "2"]) == nil)
        #expect(samples.value("c") == .infinity)
        #expect(samples.value("d") == nil)
        #expect(samples.value("garbage") == nil)
    }

    @Test(arguments: [(0.5, 1), (0.25, 0.5), (0.75, 2), (0, 0), (1, 4), (0.9, 3.2)] as [(Double, Double)])
    func `a quantile lies where histogram_quantile has it`(quantile: Double, value: Double) {
        // Ten of twenty took at most 1 s, five more at most 2 s and five more at most 4 s.
        let samples = MetricSamples(
            """
            h_bucket{le="1"} 10
            h_bucket{le="2"} 15
            h_bucket{le="4"} 20
            h_bucket{le="+Inf"} 20
            """
        )
        let found = samples.quantile(quantile, of: "h")
        #expect(found.map { abs($0 - value) < 1e-9 } == true, "\(String(describing: found))")
    }

    @Test func `there is no quantile of nothing, and none beyond the last bound`() {
        #expect(MetricSamples("h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 0").quantile(0.5, of: "h") == nil)
        #expect(MetricSamples("").quantile(0.5, of: "h") == nil)
        #expect(MetricSamples("h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 3").quantile(0.5, of: "h") == 1)
    }

    // MARK: The screen

    private static let now = Instant(unixSeconds: 1_800_000_000)

    private static func events(
        quarantined: Int = 0,
        lastWebhookSecondsAgo: Int64 = 12
    ) throws -> EventSummary {
        let none = #"{"events":0,"by_outcome":{},"by_source":{}}"#
        let total = #"{"projected":1200,"quarantined":\#(quarantined)}"#
        return try EventSummary(
            json: Array(
                """
                {"last_webhook_at":\(now.unixSeconds - lastWebhookSecondsAgo),"hour":\(none),"day":\(none),
                "total":{"events":1200,"by_outcome":\(total),"by_source":{}}}
                """.utf8
            )
        )
    }

    private static let healthy = """
        console_billing_build_info{version="1.2.3"} 1
        process_start_time_seconds 1799989200
        console_billing_acknowledgement_seconds_bucket{le="0.001"} 0
        console_billing_acknowledgement_seconds_bucket{le="0.005"} 100
        console_billing_acknowledgement_seconds_bucket{le="+Inf"} 100
        console_billing_acknowledgement_seconds_count 100
        console_billing_deliveries_total{outcome="recorded"} 90
        console_billing_deliveries_total{outcome="duplicate"} 10
        console_billing_limited_requests_total{reason="rate_limited"} 4
        console_billing_limited_requests_total{reason="service_busy"} 3
        console_billing_heavy_reads{state="running"} 1
        console_billing_heavy_reads{state="waiting"} 2
        console_billing_bodies_in_flight_bytes 65536
        console_billing_log_lines_dropped_total 0
        console_billing_jobs{kind="fetch",state="waiting"} 1
        console_billing_jobs{kind="fetch",state="running"} 1
        console_billing_jobs{kind="fetch",state="failed"} 0
        console_billing_jobs_overdue_seconds{kind="fetch"} 30
        console_billing_last_job_state{kind="reconciliation",state="completed"} 1
        console_billing_last_job_state{kind="reconciliation",state="failed"} 0
        console_billing_reconciliation_rows 400
        console_billing_reconciliation_drift 0
        console_billing_last_job_updated_timestamp_seconds{kind="reconciliation"} 1799992800
        console_billing_database_bytes{file="main"} 1610612736
        console_billing_database_bytes{file="wal"} 8388608
        console_billing_disk_free_bytes 107374182400
        """

    private static func stats(
        isReady: Bool = true,
        events: EventSummary? = nil,
        metrics: String = healthy
    ) throws -> ServiceStats {
        ServiceStats(
            server: "http://127.0.0.1:3080",
            isReady: isReady,
            events: try events ?? Self.events(),
            metrics: MetricSamples(metrics),
            lacking: []
        )
    }

    @Test func `a healthy service fits a screen, and nothing of it is remarkable`() throws {
        let lines = try Self.stats().lines(now: Self.now)
        #expect(!lines.contains { $0.isRemarkable })
        #expect(lines.count < 24)
        let text = lines.map(\.text)
        #expect(text.first == "console-billing 1.2.3 at http://127.0.0.1:3080, up for 3 h: ready")
        #expect(text.contains("EVENTS               LAST HOUR  LAST DAY  TOTAL"))
        #expect(text.contains("projected                    0         0   1200"))
        #expect(text.contains("last webhook    12 s ago"))
        #expect(text.contains("acknowledged    p50 3.0 ms, p99 5.0 ms, of 100 since the start"))
        #expect(
            text.contains(
                "deliveries      90 recorded, 10 duplicate, 0 quarantined, 0 refused, 0 not stored, 0 bodies in flight "
                    + "since the start"
            )
        )
        #expect(
            text.contains(
                "limits          7 requests answered 429, 0 log lines dropped since the start; now 1 reports run and 2 "
                    + "wait, 64.0 KiB of bodies"
            )
        )
        #expect(
            text.contains("fetches         2 to be fetched from Stripe, the oldest due for 30 s; 0 failed")
        )
        #expect(text.contains("reconciliation  completed 2 h ago, 400 rows compared, no drift"))
        #expect(text.contains("disk            database 1.5 GiB, its log 8.0 MiB, 100.0 GiB free"))
    }

    @Test(
        arguments: [
            ("kind=\"fetch\",state=\"failed\"} 0", "kind=\"fetch\",state=\"failed\"} 1", "fetches"),
            ("{kind=\"fetch\"} 30", "{kind=\"fetch\"} 3601", "fetches"),
            ("_drift 0", "_drift 3", "reconciliation"),
            ("_dropped_total 0", "_dropped_total 1", "limits"),
            (
                "state=\"completed\"} 1\nconsole_billing_last_job_state{kind=\"reconciliation\",state=\"failed\"} 0",
                "state=\"completed\"} 0\nconsole_billing_last_job_state{kind=\"reconciliation\",state=\"failed\"} 1",
                "reconciliation"
            ),
            ("_free_bytes 107374182400", "_free_bytes 999999999", "disk"),
            (
                "{kind=\"fetch\"} 30",
                "{kind=\"fetch\"} 30\nconsole_billing_jobs{kind=\"alert\",state=\"waiting\"} 1\n"
                    + "console_billing_jobs{kind=\"alert\",state=\"running\"} 0\n"
                    + "console_billing_jobs_oldest_age_seconds{kind=\"alert\"} 901",
                "alerts"
            ),
            ("{file=\"wal\"} 8388608", "{file=\"wal\"} 600000000", "disk"),
            (
                "{kind=\"fetch\"} 30",
                "{kind=\"fetch\"} 30\nconsole_billing_last_job_state{kind=\"usage_sync\",state=\"failed\"} 1",
                "usage"
            ),
        ]
    )
    func `values beyond an alert's threshold are marked`(usual: String, now: String, line: String) throws {
        #expect(Self.healthy.contains(usual))
        let lines = try Self.stats(metrics: Self.healthy.replacing(usual, with: now)).lines(now: Self.now)
        let marked = lines.filter(\.isRemarkable).map(\.text)
        #expect(marked.map { $0.prefix { $0 != " " } } == [Substring(line)])
        #expect(marked.allSatisfy { $0.contains("(console-billing ") }, "\(marked)")
    }

    @Test func `quarantined events are marked, with the command that lists them`() throws {
        let lines = try Self.stats(events: Self.events(quarantined: 2)).lines(now: Self.now)
        let marked = lines.filter(\.isRemarkable).map(\.text)
        let expected = "quarantined                  0         0      2  console-billing events quarantine"
        #expect(marked == [expected])
    }

    @Test(arguments: [(21_600, false), (21_601, true)] as [(Int64, Bool)])
    func `silence is marked where the alert has it`(seconds: Int64, isMarked: Bool) throws {
        let lines = try Self.stats(events: Self.events(lastWebhookSecondsAgo: seconds)).lines(now: Self.now)
        #expect(lines.contains { $0.isRemarkable } == isMarked)
        let marked = lines.filter(\.isRemarkable).map(\.text)
        #expect(marked.allSatisfy { $0.contains("(console-billing ") }, "\(marked)")
    }

    @Test func `a service that cannot store events shows that first`() throws {
        let first = try Self.stats(isReady: false).lines(now: Self.now).first
        #expect(first?.isRemarkable == true)
        #expect(first?.text.hasSuffix("CANNOT STORE: console-billing doctor") == true)
    }

    @Test func `unknown values are omitted for people, and null for programs`() throws {
        let stats = ServiceStats(
            server: "http://127.0.0.1:3080",
            isReady: true,
            events: nil,
            metrics: nil,
            lacking: ["The log cannot be shown."]
        )
        #expect(stats.lines(now: Self.now).count == 1)
        #expect(stats.json.contains(#""events":null"#) && stats.json.contains(#""metrics":null"#))
        #expect(stats.json.contains(#""p50":null"#))
        let known = try Self.stats().json
        #expect(known.contains(#""p50":3,"p99":4.96"#), "\(known)")
        #expect(known.contains(#""total":{"events":1200,"#))
        #expect(
            known.contains(
                #"{"labels":{"file":"wal"},"name":"console_billing_database_bytes","value":8388608}"#
            )
        )
    }

    // MARK: Words

    @Test(
        arguments: [
            (-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"),
            (86_399, "23 h"), (86_400, "1 d"), (.max, "106751991167300 d"),
        ] as [(Int64, String)]
    )
    func `a duration is shown in its largest unit`(seconds: Int64, text: String) {
        #expect(DurationText.text(seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
            (1_099_511_627_776, "1.0 TiB"),
            (.infinity, "? TiB"),
        ] as [(Double, String)]
    )
    func `a size is shown in its largest unit`(bytes: Double, text: String) {
        #expect(DurationText.bytes(bytes) == text)
    }
}
