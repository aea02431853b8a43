import Billing
import Storage
import Testing

/// `GET /v1/events` and what goes with it, for operators.
@Suite(.timeLimit(.minutes(5)))
struct EventLogRoutesTests {
    /// An event that should have meant something, and cannot be read.
    private static let unreadable = MadeEvent(
        "charge.succeeded",
        id: "evt_unreadable",
        created: TestClock.start,
        object: ["id": "ch_q", "object": "charge", "amount": "many"] as [String: any Sendable]
    )

    @Test func `the log is found by when an event was received`() async throws {
        try await WebHarness.with { harness in
            let start = harness.clock.now
            for number in 0..<4 {
                try await harness.deliver([.charge("ch_\(number)")])
                harness.clock.advance(seconds: 3600)
            }
            func ids(_ query: String) async throws -> [String] {
                try await harness.ids("/v1/events?\(query)", key: .ops)
            }
            let all = try await ids("limit=100")
            #expect(all.count == 4)
            #expect(try await ids("since=90m") == Array(all.prefix(1)))
            #expect(try await ids("since=3h") == Array(all.prefix(3)))
            #expect(try await ids("until=3h") == Array(all.suffix(2)))
            #expect(
                try await ids("since=\(start.unixSeconds)&until=\(start.unixSeconds)") == Array(all.suffix(1))
            )
            let second = all[1]
            #expect(try await ids("since=4h&starting_after=\(second)") == Array(all.suffix(2)))
        }
    }

    @Test(arguments: [
        "since=yesterday", "until=30", "livemode=maybe", "account=acct%201", "since=1h&until=2h",
    ])
    func `an invalid filter is refused by name`(query: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/events?\(query)", key: .ops)
            #expect(answer.status == 400)
            #expect(
                ["since", "until", "livemode", "account"].contains(answer.json["error"]?["param"]?.string)
            )
        }
    }

    @Test func `the summary counts the last hour, the last day and all, each outcome and source by name`()
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_1")])
            harness.clock.advance(seconds: 86_400)
            try await harness.deliver([.charge("ch_2")])
            harness.clock.advance(seconds: 3600)
            try await harness.deliver([.charge("ch_3"), Self.unreadable])
            let summary = try await harness.get("/v1/events/summary", key: .ops).json
            #expect(summary["last_webhook_at"]?.integer == harness.clock.now.unixSeconds)
            // A span includes its first second.
            for (span, projected, quarantined) in [("hour", 2, 1), ("day", 2, 1), ("total", 3, 1)] {
                let counts = summary[span]
                #expect(counts?["by_outcome"]?["projected"]?.integer == Int64(projected), "\(span)")
                #expect(counts?["by_outcome"]?["quarantined"]?.integer == Int64(quarantined), "\(span)")
                #expect(counts?["by_outcome"]?["other_mode"]?.integer == 0)
                #expect(
                    counts?["by_source"]?["webhook"]?.integer == Int64(projected + quarantined),
                    "\(span)"
                )
                #expect(counts?["by_source"]?["api"]?.integer == 0)
            }
        }
    }

    @Test func `an event that is read again says how the log has it now`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_1"), Self.unreadable])
            let again = try await harness.post("/v1/events/evt_unreadable/reproject", key: .ops).json
            #expect(again["event"]?["outcome"]?.string == "quarantined")
            #expect(again["event"]?["reason"]?.string?.contains("amount") == true)
            #expect(again["event"]?["object_id"]?.string == "ch_q")
            let all = try await harness.post("/v1/events/reproject", key: .ops).json
            #expect(all["events"]?.integer == 2)
            #expect(all["event"] == nil)
        }
    }

    /// One event in several API versions; in one of them it is unreadable.
    private static func told(in version: String?, amount: any Sendable = 2500) -> MadeEvent {
        MadeEvent(
            "charge.succeeded",
            id: "evt_told",
            created: TestClock.start,
            object: [
                "id": "ch_told", "object": "charge", "amount": amount, "currency": "usd",
                "status": "succeeded",
                "created": TestClock.start.unixSeconds, "customer": "cus_one",
            ],
            apiVersion: version
        )
    }

    @Test func `an event in several versions is shown in the newest, or in the chosen one`()
        async throws
    {
        try await WebHarness.with { harness in
            let versions = ["2025-09-30.clover", "2019-09-09", nil]
            let bodies = versions.map { Self.told(in: $0).body }
            for body in bodies.reversed() {
                for outcome in ["recorded", "duplicate"] {
                    #expect(try await harness.deliver(body).json["outcome"] == .string(outcome))
                }
            }
            let picks = [("", 0)] + versions.enumerated().map { ("?api_version=\($1 ?? "none")", $0) }
            for (query, place) in picks {
                let event = try await harness.get("/v1/events/evt_told\(query)", key: .ops).json
                #expect(event["api_version"]?.string == versions[place])
                #expect(event["payload"]?.string == String(decoding: bodies[place], as: UTF8.self))
                #expect(event["api_versions"] == .array(versions.map { $0.map { .string($0) } ?? .null }))
            }
            let other = try await harness.get("/v1/events/evt_told?api_version=2020-08-27", key: .ops)
            #expect(other.status == 404)
        }
    }

    @Test func `an event in two versions is listed twice, and pages continue from the cursor of either`()
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver([
                Self.told(in: "2019-09-09"), .charge("ch_between"), Self.told(in: "2025-09-30.clover"),
            ])
            var versions: [String?] = []
            var cursor = ""
            while true {
                let page = try await harness.get("/v1/events?limit=1\(cursor)", key: .ops)
                versions += try page.rows.map { $0["api_version"]?.string }
                guard page.json["has_more"] == true else { break }
                cursor = "&starting_after=\(try page.rows[0]["cursor"]?.string ?? "")"
            }
            #expect(versions == ["2025-09-30.clover", "2025-09-30.clover", "2019-09-09"])
            let unclear = try await harness.get("/v1/events?starting_after=evt_told", key: .ops)
            #expect(unclear.status == 400)
            #expect(unclear.json["error"]?["message"]?.string?.contains("id@api_version") == true)
            let clear = try await harness.ids("/v1/events?starting_after=evt_of_ch_between_0", key: .ops)
            #expect(clear == ["evt_told"])
            let detail = try await harness.get("/v1/transactions/ch_told", key: .feed).json
            #expect(detail["events"] == .array([.string("evt_told")]))
        }
    }

    @Test func `an event with an unreadable version shows it after a retry`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([
                Self.told(in: "2019-09-09", amount: "many"), Self.told(in: "2025-09-30.clover"),
            ])
            let again = try await harness.post("/v1/events/evt_told/reproject", key: .ops).json
            #expect(again["events"]?.integer == 2)
            #expect(again["event"]?["outcome"]?.string == "quarantined")
            #expect(again["event"]?["api_version"]?.string == "2019-09-09")
        }
    }
}
