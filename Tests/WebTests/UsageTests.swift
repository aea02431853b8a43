import Billing
import Foundation
import Testing

/// Daily usage, as it is posted and read.
@Suite(.timeLimit(.minutes(5)))
struct UsageTests {
    private static let range = "from=2026-03-12&to=2026-03-14"

    private func daily(_ query: String, _ check: (Answer) throws -> Void) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            try check(try await harness.get("/v1/usage/daily?\(Self.range)&\(query)"))
        }
    }

    @Test func `a day has its leases, its resources and its exact cost`() async throws {
        try await daily("customer=cus_one") { answer in
            let rows = try answer.rows
            #expect(rows.map { $0["date"] } == ["2026-03-12", "2026-03-13", "2026-03-14"])
            #expect(rows.map { $0["leases"] } == [1, 2, 1])
            #expect(rows.map { $0["deployments"] } == [1, 2, 1])
            // 14,400 blocks at 100 micro-dollars, and 7,200 at 50 micro-AKT of $3.5.
            #expect(rows.map { $0["spent"] } == ["1.44", "2.7", "0.72"])
            #expect(rows.map { $0["spent_display"] } == ["$1.44", "$2.70", "$0.72"])
            #expect(rows.map { $0["complete"] } == [true, true, false])
            #expect(
                rows[1]["resources"] == [
                    "cpu": 2500, "memory": 2_147_483_648, "storage": 22, "gpu": ["h100": 2],
                ]
            )
            #expect(answer.json["timezone"] == "UTC")
            #expect(answer.json["indexed_to"] == ["date": "2026-03-14", "height": "1035999"])
        }
    }

    @Test func `with grouping each group has its own usage, and the groups add up to the day`() async throws {
        try await daily("customer=cus_one&group_by=gpu_model") { answer in
            let second = try answer.rows.filter { $0["date"] == "2026-03-13" }
            #expect(second.map { $0["gpu_model"] } == [.null, "h100"])
            #expect(second.map { $0["spent"] } == ["1.44", "1.26"])
        }
        try await daily("customer=cus_one&group_by=provider") { answer in
            let second = try answer.rows.filter { $0["date"] == "2026-03-13" }
            #expect(second.map { $0["provider"] } == ["akash1prov1", "akash1prov2"])
            #expect(second.map { $0["provider_name"] } == ["host 1", "host 2"])
        }
        try await daily("customer=cus_one&group_by=deployment") { answer in
            let first = try answer.rows.filter { $0["deployment"] == "1" }
            #expect(first.map { $0["spent"] } == ["1.44", "1.44", "0.72"])
        }
    }

    @Test(arguments: ["UTC", "Europe/Berlin"])
    func `deployments of one number at several addresses or on several chains are apart, and named in full`(
        zone: String
    ) async throws {
        try await WebHarness.with { harness in
            let other = UsageSample.lease(7, owner: UsageSample.other, created: 1_028_800, price: "2")
            let leases = [
                UsageSample.lease(7, created: 1_028_800, price: "1"), other,
                other.replacing("akashnet-2", with: "sandbox-01"),
                UsageSample.lease(8, created: 1_028_800, price: "3"),
            ]
            _ = try await harness.putLeases(leases.joined(separator: "\n"))
            let day = UsageSample.calendar.split(separator: "\n")[2]
            _ = try await harness.post("/v1/usage/calendar", Array(day.utf8), key: .usage)
            let both = #"{"address":"akash1the0wnerygferu"},{"address":"akash1an0ther0hra0rx"}"#
            _ = try await harness.putAccounts(UsageSample.accounts("cus_one", both))

            let query = "/v1/usage/daily?from=2026-03-14&to=2026-03-14&timezone=\(zone)&customer=cus_one"
            let names = [
                "akashnet-2/akash1an0ther0hra0rx/7", "akashnet-2/akash1the0wnerygferu/7", "8",
                "sandbox-01/akash1an0ther0hra0rx/7",
            ]
            let groups = try await harness.get(query + "&group_by=deployment")
            #expect(try groups.rows.map { $0["deployment"]?.string } == names)
            #expect(try groups.rows.map { $0["deployments"] } == [1, 1, 1, 1])
            let table = try await harness.get(query + "&group_by=deployment&format=csv").csv
            #expect(table.column("Deployment") == names)
            let total = try await harness.get(query).rows
            #expect(total.map { $0["deployments"] } == [4] && total.map { $0["leases"] } == [4])
            let stats = try await harness.get(
                "/v1/usage/history/stats?address=akash1an0ther0hra0rx&startDate=2026-03-14&endDate=2026-03-14"
            )
            #expect(stats.json["totalDeployments"] == 2)
            // Alone in an answer, a deployment is known by its number.
            let own = try await harness.get(
                query.replacing("customer=cus_one", with: "owner=akash1the0wnerygferu")
                    + "&group_by=deployment"
            )
            #expect(try own.rows.map { $0["deployment"] } == ["7", "8"])
        }
    }

    @Test func `a token without a price is shown, and not as nothing`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            _ = try await harness.putLeases(
                UsageSample.lease(9, created: 1_028_800, denomination: "uakt", price: "1000000")
            )
            let row = try await harness.get("/v1/usage/daily?customer=cus_one&from=2026-03-14&to=2026-03-14")
                .rows[0]
            #expect(row["spent"] == .null)
            #expect(row["spent_display"] == "$0.72 + 7200 AKT")
            #expect(row["unpriced"] == ["uakt": "7200000000"])
            #expect(row["complete"] == false)
        }
    }

    @Test(arguments: [
        ("2026-03-14", true, 200), ("2026-03-15", false, 200), ("2026-03-15", true, 400),
        ("2026-03-16", false, 400),
        ("2027-03-14", true, 400), ("9999-12-31", true, 400),
    ])
    func `a day that has not come yet is refused`(date: String, isFinal: Bool, status: Int) async throws {
        try await WebHarness.with { harness in
            let end = isFinal ? #""last_height":"9","# : ""
            let day =
                #"{"date":"\#(date)","first_height":"5",\#(end)"last_height_yet":"9","akt_usd":"2","final":\#(isFinal)}"#
            let answer = try await harness.post("/v1/usage/calendar", Array(day.utf8), key: .usage)
            #expect(answer.status == status, "\(answer.text)")
            #expect(status == 200 || answer.text.contains("has not come yet: it is 2026-03-14 in UTC"))
        }
    }

    @Test(arguments: ["daily", "monthly"])
    func `a range that only begins, after today, is today's`(route: String) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let answer = try await harness.get("/v1/usage/\(route)?customer=cus_one&from=2026-03-20")
            #expect(answer.status == 200 && answer.json["to"] == "2026-03-14", "\(answer.text)")
        }
    }

    @Test func `leases that could change too many settled days are refused, and nothing is taken`()
        async throws
    {
        let first = try #require(CalendarDate("2016-01-01"))
        let calendar = (0..<3700).map { day in
            let height = 1 + day * 10
            return #"{"date":"\#(first.adding(days: Int64(day)).text)","first_height":\#(height),"#
                + #""last_height":\#(height + 9),"last_height_yet":\#(height + 9),"final":true}"#
        }
        try await WebHarness.with { harness in
            // Known when its days were closed: its other leases come too late to change them.
            _ = try await harness.putLeases(UsageSample.lease(1, created: 1, price: "1"))
            let days = Array(calendar.joined(separator: "\n").utf8)
            #expect(try await harness.post("/v1/usage/calendar", days, key: .usage).status == 200)
            let many = (2...29).map { UsageSample.lease($0, created: 1, price: "1") }.joined(separator: "\n")
            let refused = try await harness.post("/v1/usage/leases", Array(many.utf8), key: .usage)
            #expect(refused.status == 400, "\(refused.text)")
            #expect(refused.text.contains("more than 50000 days"), "\(refused.text)")
            let two = (2...3).map { UsageSample.lease($0, created: 1, price: "1") }.joined(separator: "\n")
            let taken = try await harness.post("/v1/usage/leases", Array(two.utf8), key: .usage)
            #expect(taken.json["changed"] == 2 && taken.json["contradictions"] == 7400, "\(taken.text)")
        }
    }

    @Test func `a day that is not indexed has an unknown cost`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            harness.clock.advance(seconds: 86_400)
            let row = try await harness.get("/v1/usage/daily?customer=cus_one&from=2026-03-15&to=2026-03-15")
                .rows[0]
            #expect(row["spent"] == .null && row["complete"] == false && row["leases"] == 0)
        }
    }

    // Berlin is an hour ahead of UTC in March, and New York four behind: 600 and 2,400 of a day's 14,400 blocks.
    @Test(arguments: [
        ("Europe/Berlin", ["1.38", "2.7", "0.78"], [1, 2, 1]),
        ("America/New_York", ["1.86", "2.28", "0.48"], [2, 2, 1]),
    ])
    func `days of another zone have the blocks that were made on them, each at its own price`(
        zone: String,
        spent: [String],
        leases: [Int64]
    ) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let answer = try await harness.get(
                "/v1/usage/daily?\(Self.range)&customer=cus_one&timezone=\(zone)"
            )
            #expect(answer.json["timezone"] == .string(zone))
            #expect(try answer.rows.map { $0["spent"]?.string } == spent)
            #expect(try answer.rows.map { $0["leases"] } == leases.map { .integer($0) })
        }
    }

    @Test(arguments: [
        ("/v1/usage/daily", "Date"), ("/v1/usage/monthly", "Month"), ("/v1/balance/history", "Date"),
    ])
    func `a CSV says in its head whose days they are`(path: String, column: String) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let query = "\(path)?\(Self.range)&customer=cus_one&format=csv"
            let local = try await harness.get(query + "&timezone=Europe/Berlin").csv
            #expect(!local.column("\(column) (Europe/Berlin)").isEmpty)
            #expect(!(try await harness.get(query).csv.column("\(column) (UTC)").isEmpty))
        }
    }

    @Test(arguments: ["total", "deployment", "provider", "gpu_model"])
    func `in every zone the days of a year add up to the same`(grouping: String) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let group = grouping == "total" ? "" : "&group_by=\(grouping)"
            for zone in [
                "UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "America/Los_Angeles", "Pacific/Apia",
            ] {
                let answer = try await harness.get(
                    "/v1/usage/daily?customer=cus_one&from=2026-03-01&to=2026-03-31&timezone=\(zone)\(group)"
                )
                let spent = try answer.rows.compactMap { $0["spent"]?.string.flatMap { Decimal(string: $0) } }
                #expect(spent.reduce(0, +) == Decimal(string: "4.86"), "\(zone)")
            }
        }
    }

    @Test func `a CSV has the lines of the JSON`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let query = "/v1/usage/daily?\(Self.range)&customer=cus_one&group_by=provider"
            let rows = try await harness.get(query).rows
            let table = try await harness.get(query + "&format=csv").csv
            #expect(table.column("Spent (USD)") == rows.compactMap { $0["spent"]?.string })
            #expect(table.column("Provider") == rows.compactMap { $0["provider"]?.string })
            let lines = try await harness.get(query + "&format=jsonl").text.split(separator: "\n")
            #expect(lines.count == rows.count)
        }
    }

    // Every day up to 9999 would be filled in: 2.9 million of them, in 1.4 GiB of memory.
    @Test(arguments: [
        "/v1/usage/daily?customer=cus_one&", "/v1/usage/daily?customer=cus_one&timezone=Asia/Tokyo&",
        "/v1/usage/monthly?customer=cus_one&", "/v1/balance/history?customer=cus_one&",
        "/v1/balance/history?customer=cus_one&timezone=Asia/Tokyo&",
        "/v1/usage/history?address=akash1the0wnerygferu&",
    ])
    func `no range reaches beyond today, however far ahead it is asked for`(path: String) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let names = path.contains("address") ? ("startDate", "endDate") : ("from", "to")
            for range in [
                ("9999-12-31", "9999-12-31"), ("2026-03-10", "2026-03-31"), ("2026-03-10", "9999-12-31"),
            ] {
                let answer = try await harness.get(
                    "\(path)\(names.0)=\(range.0)&\(names.1)=\(range.1)"
                )
                #expect(answer.status == 200, "\(answer.text)")
                let rows = path.contains("address") ? answer.json.array : try answer.rows
                let last = rows.last.flatMap { ($0["date"] ?? $0["month"])?.string }
                #expect(last == (path.contains("monthly") ? "2026-03" : "2026-03-14"))
                #expect(path.contains("address") || answer.json["to"] == "2026-03-14")
            }
        }
    }

    /// A year of a hundred deployments would be 36,600 lines, and a thousand took 1.2 GiB.
    @Test func `an answer by group has a limited number of lines, and its counts are complete`()
        async throws
    {
        try await WebHarness.with { harness in
            let first = try #require(CalendarDate("2025-03-14"))
            let calendar = (0..<366).map { day in
                let height = 1_000_000 + day * 14_400
                return #"{"date":"\#(first.adding(days: Int64(day)).text)","first_height":"\#(height)","#
                    + #""last_height":"\#(height + 14_399)","last_height_yet":"\#(height + 14_399)","akt_usd":"2","#
                    + #""final":true}"#
            }
            let leases = (1...100).map { UsageSample.lease($0, created: 1_000_000, price: "1") }
            let posts = [("calendar", calendar), ("leases", leases)]
            for (path, lines) in posts {
                let body = Array(lines.joined(separator: "\n").utf8)
                #expect(try await harness.post("/v1/usage/\(path)", body, key: .usage).status == 200)
            }
            for zone in ["UTC", "Asia/Tokyo"] {
                let path = "/v1/usage/daily?owner=akash1the0wnerygferu&timezone=\(zone)&from=2025-03-15"
                let answer = try await harness.get(path + "&group_by=deployment&to=2026-03-14")
                #expect(answer.status == 400)
                #expect(answer.text.contains("fewer days"))
                let month = try await harness.get(path + "&group_by=deployment&to=2025-04-14")
                #expect(try month.rows.count == 3100)
                #expect(try await harness.get(path + "&to=2026-03-14").rows.count == 365)
            }
            let stats = try await harness.get(
                "/v1/usage/history/stats?address=akash1the0wnerygferu&startDate=2025-03-15&endDate=2026-03-14"
            )
            #expect(stats.json["totalDeployments"] == 100)
        }
    }

    @Test func `months are their days added up`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let rows = try await harness.get("/v1/usage/monthly?customer=cus_one").rows
            #expect(
                rows.map { $0["month"]?.string } == [
                    "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03",
                ]
            )
            let march = try #require(rows.last)
            #expect(march["spent"] == "4.86" && march["days"] == 3 && march["complete"] == false)
        }
    }

    // MARK: Whose it is

    @Test func `usage follows a customer from address to address, each for its days`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let both =
                #"{"address":"akash1the0wnerygferu","valid_to":"2026-03-13"},{"address":"akash1an0ther0hra0rx","valid_from":"2026-03-13"}"#
            #expect(try await harness.putAccounts(UsageSample.accounts("cus_one", both)).json["changed"] == 1)
            let rows = try await harness.get("/v1/usage/daily?\(Self.range)&customer=cus_one").rows
            #expect(rows.map { $0["spent"] } == ["1.44", "0.1008", "0.0504"])
        }
    }

    @Test(
        arguments: [
            (#"{"address":"a","valid_to":"2026-03-12"},{"address":"b","valid_from":"2026-03-12"}"#, []),
            (
                #"{"address":"b","valid_from":"2026-03-13"},{"address":"a","valid_to":"2026-03-12"}"#,
                ["2026-03-12 through 2026-03-12"]
            ),
            (
                #"{"address":"a","valid_to":"2026-01-01"},{"address":"b","valid_from":"2026-01-05","valid_to":"#
                    + #""2026-02-01"},{"address":"c","valid_from":"2026-01-02","valid_to":"2026-01-03"},"#
                    + #"{"address":"d","valid_from":"2026-03-01"}"#,
                [
                    "2026-01-01 through 2026-01-01", "2026-01-03 through 2026-01-04",
                    "2026-02-01 through 2026-02-28",
                ]
            ),
            (#"{"address":"a"},{"address":"b","valid_from":"2026-03-12","valid_to":"2026-03-13"}"#, []),
            (#"{"address":"a","valid_from":"2026-03-12","valid_to":"2026-03-13"}"#, []),
        ] as [(String, [String])]
    )
    func `the days between two addresses on which a customer has none are told`(
        list: String,
        gaps: [String]
    ) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.putAccounts(UsageSample.accounts("cus_one", list))
            #expect(answer.json["changed"] == 1)
            let warnings = try #require(answer.json["warnings"]).array.compactMap(\.string)
            #expect(warnings.count == gaps.count, "\(warnings)")
            for (warning, gap) in zip(warnings, gaps) {
                #expect(warning.hasPrefix("cus_one has no address from \(gap);"))
            }
        }
    }

    @Test func `a customer without an address has used nothing`() async throws {
        try await daily("customer=cus_two") { answer in
            let rows = try answer.rows
            #expect(rows.map { $0["leases"] } == [0, 0, 0])
        }
    }

    @Test func `an address that was said twice counts once`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let twice =
                #"{"address":"akash1the0wnerygferu"},{"address":"akash1the0wnerygferu","valid_from":"2026-03-13"}"#
            _ = try await harness.putAccounts(UsageSample.accounts("cus_one", twice))
            let rows = try await harness.get("/v1/usage/daily?\(Self.range)&customer=cus_one").rows
            #expect(rows.map { $0["spent"] } == ["1.44", "2.7", "0.72"])
        }
    }

    // MARK: Taking in

    @Test func `records come as an array, one a line, or one alone, and twice is once`() async throws {
        try await WebHarness.with { harness in
            let one = UsageSample.lease(1, created: 5, price: "1")
            let two = UsageSample.lease(2, created: 5, price: "1")
            for (body, changed) in [("[\(one)]", 1), ("\(one)\n\n\(two)\r\n", 1), (two, 0), ("[]", 0)]
                as [(String, Int64)]
            {
                let answer = try await harness.putLeases(body)
                #expect(
                    answer.status == 200 && answer.json["changed"] == .integer(changed),
                    "\(body): \(answer.text)"
                )
            }
        }
    }

    @Test(arguments: [
        ("", "Record 1"), ("nonsense", "Record 1"), ("[1]", "Record 1"), ("{}", "chain_id is missing"),
        (UsageSample.lease(1, created: 5, price: "-1"), "price_per_block"),
        (UsageSample.lease(1, created: 5, price: "1e3"), "price_per_block"),
        (UsageSample.lease(1, created: 5, price: "1", closed: 4), "closed_height"),
        (UsageSample.lease(1, owner: "a/b", created: 5, price: "1"), "owner"),
        (UsageSample.lease(1, created: 5, price: "1") + "\n{\"chain_id\":", "Record 3"),
    ])
    func `a bad record is named with its place, field and reason, and nothing is taken`(
        body: String,
        told: String
    ) async throws {
        try await WebHarness.with { harness in
            let good = UsageSample.lease(7, owner: "akash1nobody", created: 5, price: "1")
            let answer = try await harness.putLeases(
                body.isEmpty || body.first == "[" ? body : good + "\n" + body
            )
            #expect(answer.status == 400)
            #expect(
                answer.json["error"]?["message"]?.string?.contains(told.replacing("Record 1", with: "Record"))
                    == true
            )
            let again = try await harness.putLeases(good)
            #expect(again.json["changed"] == 1, "nothing was taken before")
        }
    }

    @Test(arguments: [
        #"{"customer":"cus_one","account":"acct_1","accounts":[]}"#,
        #"{"customer":"cus_one","accounts":[{"address":"akash1a","from":"2026-01-01"}]}"#,
    ])
    func `addresses with a member that is not known are refused, and replace nothing`(
        body: String
    ) async throws {
        try await WebHarness.with { harness in
            let good = #"{"customer":"cus_one","accounts":[{"address":"akash1a"}]}"#
            let taken = try await harness.putAccounts(good)
            #expect(taken.json["changed"] == 1)
            let answer = try await harness.putAccounts(body)
            #expect(answer.status == 400 && answer.text.contains("can have"), "\(answer.text)")
            let again = try await harness.putAccounts(good)
            #expect(again.json["changed"] == 0, "nothing was replaced")
        }
    }

    @Test(arguments: [
        (
            "leases",
            UsageSample.lease(7, created: 5, price: "1", closed: 9)
                .replacing("\"closed\"", with: "\"active\""),
            "closed_height", "closed_heigth"
        ),
        (
            "calendar",
            #"{"date":"2026-03-15","first_height":5,"last_height_yet":9,"akt_usd":"2","final":false}"#,
            "akt_usd", "akt_price"
        ),
    ])
    func `a record with a misspelt member is refused by its name, and nothing is taken`(
        path: String,
        good: String,
        name: String,
        misspelt: String
    ) async throws {
        try await WebHarness.with { harness in
            let bad = good.replacing("\"\(name)\"", with: "\"\(misspelt)\"")
            let answer = try await harness.post(
                "/v1/usage/\(path)",
                Array("\(good)\n\(bad)".utf8),
                key: .usage
            )
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.json["error"]?["param"] == "records[1]")
            #expect(answer.json["error"]?["message"]?.string?.contains("\"\(misspelt)\"") == true)
            let again = try await harness.post("/v1/usage/\(path)", Array(good.utf8), key: .usage)
            #expect(again.json["changed"] == 1, "nothing was taken before")
        }
    }

    @Test func `a token of another chain without a price is taken, and the sender is told each time`()
        async throws
    {
        try await WebHarness.with { harness in
            let leases = [
                UsageSample.lease(1, created: 5, denomination: "ibc/B", price: "1"),
                UsageSample.lease(2, created: 5, denomination: "ibc/A", price: "1"),
                UsageSample.lease(3, created: 5, denomination: "ibc/A", price: "1"),
                UsageSample.lease(4, created: 5, price: "1"),
            ]
            for changed in [4, 0] as [Int64] {
                let answer = try await harness.putLeases(leases.joined(separator: "\n"))
                #expect(answer.json["changed"] == .integer(changed), "\(answer.text)")
                let warnings = try #require(answer.json["warnings"]).array.compactMap(\.string)
                #expect(warnings.map { $0.prefix(15) } == ["The token ibc/A", "The token ibc/B"])
            }
            #expect(try await harness.putLeases(leases[3]).json["warnings"] == [])
        }
    }

    @Test func `a contradiction of final days is reported each time, and changes nothing`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            for changed in [1, 0] as [Int64] {
                let answer = try await harness.putLeases(
                    UsageSample.lease(1, created: 1_000_000, price: "900", cpu: 1500)
                )
                #expect(answer.json["changed"] == .integer(changed))
                #expect(answer.json["contradictions"] == 2)
                let lease = ReceivedJSON.string("akashnet-2/akash1the0wnerygferu/1/1/1/1/akash1prov1")
                #expect(
                    answer.json["contradicted"] == [
                        ["date": "2026-03-12", "lease": lease], ["date": "2026-03-13", "lease": lease],
                    ]
                )
            }
            let rows = try await harness.get("/v1/usage/daily?\(Self.range)&customer=cus_one").rows
            #expect(rows.map { $0["spent"] } == ["1.44", "2.7", "6.48"])
        }
    }

    @Test func `a day of the calendar that contradicts a final one is told with what differs`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let day =
                #"{"date":"2026-03-12","first_height":"1000000","last_height":"1014398","akt_usd":"2.5","final":true}"#
            let answer = try await harness.post("/v1/usage/calendar", Array(day.utf8), key: .usage)
            #expect(answer.json["contradictions"] == 1)
            #expect(
                answer.json["contradicted"] == [
                    [
                        "date": "2026-03-12",
                        "difference": "akt_usd is 2, not 2.5; last_height is 1014399, not 1014398",
                    ]
                ]
            )
        }
    }

    @Test(arguments: [
        #"{"date":"2026-03-15","first_height":1,"last_height_yet":2}"#,
        #"{"date":"2026-02-30","first_height":1,"last_height_yet":2}"#,
        #"{"date":"2026-03-15","first_height":1036000,"last_height":1036001,"last_height_yet":1036000,"final":true}"#,
        #"{"date":"2026-03-15","first_height":1036000,"last_height_yet":2036000,"akt_usd":"0"}"#,
    ])
    func `a day that cannot be is refused`(day: String) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let answer = try await harness.post("/v1/usage/calendar", Array(day.utf8), key: .usage)
            #expect(answer.status == 400, "\(answer.text)")
        }
    }

    @Test(arguments: ["daily", "monthly"])
    func `another's address is not there, in any time zone and where no day is known`(
        route: String
    ) async throws {
        try await WebHarness.with { harness in
            let session = [bearer(harness.sessionToken("cus_one", owner: "akash1the0wnerygferu"))]
            for zone in ["", "&timezone=Europe/Berlin", "&timezone=UTC"] {
                for (owner, status) in [
                    ("akash1an0ther0hra0rx", 404), ("akash1none", 404), ("akash1the0wnerygferu", 200),
                ] {
                    let answer = try await harness.get(
                        "/v1/usage/\(route)?owner=\(owner)\(zone)",
                        key: nil,
                        headers: session
                    )
                    #expect(answer.status == status, "\(owner)\(zone)")
                }
            }
        }
    }

    @Test(arguments: [
        "", "customer=cus_one&owner=akash1o", "customer=cus_one&from=2026-13-01",
        "customer=cus_one&group_by=day",
        "customer=cus_one&from=2026-03-02&to=2026-03-01", "customer=cus_one&from=2020-01-01", "owner=a%2Fb",
    ])
    func `a question that makes no sense is refused`(query: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/usage/daily?\(query)")
            #expect(answer.status == 400)
        }
    }
}
