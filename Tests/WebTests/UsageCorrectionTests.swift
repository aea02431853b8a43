import Testing

/// Entries that correct the cost of a day.
@Suite(.timeLimit(.minutes(5)))
struct UsageCorrectionTests {
    private static func entry(
        _ id: String = "fix-1",
        _ subject: String = #""customer":"cus_one""#,
        date: String = "2026-03-12",
        amount: String = "-0.44",
        reason: String = "half an hour of outage"
    ) -> String {
        #"{"id":"\#(id)",\#(subject),"date":"\#(date)","amount":"\#(amount)","reason":"\#(reason)"}"#
    }

    private static let days = "customer=cus_one&from=2026-03-12&to=2026-03-13"

    private func with(_ entries: String..., body: (WebHarness) async throws -> Void) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            for entry in entries {
                let answer = try await harness.post("/v1/usage/corrections", Array(entry.utf8), key: .usage)
                #expect(answer.status == 200 && answer.json["changed"] == 1, "\(answer.text)")
            }
            try await body(harness)
        }
    }

    @Test func `a final day keeps its usage, and the entry is a line of it and counts in its cost`()
        async throws
    {
        try await with(Self.entry(), Self.entry("fix-2", date: "2026-03-13", amount: "1.000000001")) {
            harness in
            let days = try await harness.get("/v1/usage/daily?\(Self.days)").rows
            #expect(days.map { $0["spent"] } == ["1", "3.700000001"], "\(days)")
            #expect(days.allSatisfy { $0["complete"] == true })
            #expect(days[0]["corrections"]?[0]?["id"] == "fix-1")
            #expect(days[0]["corrections"]?[0]?["amount"] == "-0.44")
            #expect(days[0]["corrections"]?[0]?["reason"] == "half an hour of outage")
            let groups = try await harness.get("/v1/usage/daily?\(Self.days)&group_by=deployment").rows
            #expect(groups[0]["spent"] == "1.44" && groups[0]["corrections"] == nil)
            let file = try await harness.get("/v1/usage/daily?\(Self.days)&format=csv").text
            #expect(file.contains(",1,,yes,-0.44,half an hour of outage\r\n"), "\(file)")
        }
    }

    @Test func `months, the balance, its history and the page have the entry`() async throws {
        try await with(Self.entry()) { harness in
            let path = "customer=cus_one&from=2026-03-12&to=2026-03-13"
            let before = try await harness.get("/v1/balance?customer=cus_one").json["balances"]?[0]?["spent"]?
                .string
            let month = try #require(try await harness.get("/v1/usage/monthly?\(path)").rows.first)
            #expect(month["spent"] == "3.7" && month["corrections"] == "-0.44", "\(month)")
            let history = try await harness.get("/v1/balance/history?\(path)").rows
            #expect(history.map { $0["spend"] } == ["1", "2.7"], "\(history)")
            let more = Self.entry("fix-2", amount: "0.5")
            _ = try await harness.post("/v1/usage/corrections", Array(more.utf8), key: .usage)
            let after = try await harness.get("/v1/balance?customer=cus_one").json["balances"]?[0]?["spent"]?
                .string
            let spent = try (#require(before.flatMap(Double.init)), #require(after.flatMap(Double.init)))
            #expect(abs(spent.1 - spent.0 - 0.5) < 0.000_001)
        }
    }

    @Test func `the page's table names the entry, and escapes its reason`() async throws {
        try await with(Self.entry(reason: "<b>outage</b>")) { harness in
            let page = try await harness.visit("/billing/usage?from=2026-03-11&to=2026-03-14").text
            #expect(page.contains("<br>Correction -$0.44: &lt;b&gt;outage&lt;/b&gt;</td>"))
            #expect(!page.contains("<b>outage"))
        }
    }

    @Test func `an entry of an address is of its customer on that day, and of no other`() async throws {
        let owner = #""owner":"akash1the0wnerygferu""#
        try await with(Self.entry("a", owner), Self.entry("b", #""owner":"akash1an0ther0hra0rx""#)) {
            harness in
            let days = try await harness.get("/v1/usage/daily?\(Self.days)").rows
            #expect(days.map { $0["corrections"]?.array.count } == [1, 0])
            let address = try await harness.get(
                "/v1/usage/daily?owner=akash1the0wnerygferu&from=2026-03-12&to=2026-03-12"
            ).rows
            #expect(address[0]["corrections"]?[0]?["id"] == "a")
            let moved = UsageSample.accounts(
                "cus_one",
                #"{"address":"akash1the0wnerygferu","valid_from":"2026-03-13"}"#
            )
            #expect(try await harness.putAccounts(moved).status == 200)
            let later = try await harness.get("/v1/usage/daily?\(Self.days)").rows
            #expect(later.map { $0["corrections"]?.array.count } == [0, 0])
        }
    }

    @Test func `a customer without an address or a calendar has the entry in the balance`() async throws {
        try await WebHarness.with { harness in
            let entry = Self.entry("a", #""customer":"cus_new""#, amount: "2.5")
            _ = try await harness.post("/v1/usage/corrections", Array(entry.utf8), key: .usage)
            let balance = try await harness.get("/v1/balance?customer=cus_new").json["balances"]?[0]
            #expect(balance?["spent"] == "2.5" && balance?["balance"] == "-2.5")
        }
    }

    @Test func `an entry is added once, and another does not take its id`() async throws {
        try await with(Self.entry()) { harness in
            func post(_ text: String) async throws -> Answer {
                try await harness.post("/v1/usage/corrections", Array(text.utf8), key: .usage)
            }
            #expect(try await post(Self.entry()).json["changed"] == 0)
            for other in [
                Self.entry(amount: "-0.45"), Self.entry(reason: "x"), Self.entry(date: "2026-03-13"),
                Self.entry("fix-1", #""owner":"akash1the0wnerygferu""#),
            ] {
                let answer = try await post("\(Self.entry("new"))\n\(other)")
                #expect(answer.status == 409 && answer.errorCode == "correction_conflict")
            }
            // Nothing of a refused list is stored.
            #expect(try await post(Self.entry("new")).json["changed"] == 1)
        }
    }

    @Test(arguments: [
        entry(amount: "0"), entry(amount: "1e3"), entry(amount: "NaN"), entry(amount: "1000000000"),
        entry(amount: "0.0000000000000000001"), entry(amount: "--1"), entry(amount: "-0"), entry(reason: ""),
        entry(date: "2026-02-30"), entry("fix-1", #""x":1"#),
        entry("fix-1", #""customer":"cus_one","owner":"akash1a""#),
        entry().replacing(#""-0.44""#, with: "-0.44"),
    ])
    func `an entry that cannot be read is refused`(entry: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.post("/v1/usage/corrections", Array(entry.utf8), key: .usage)
            #expect(answer.status == 400, "\(answer.text)")
        }
    }
}
