import Billing
import Testing

/// The balance and its history.
@Suite(.timeLimit(.minutes(5)))
struct BalanceTests {
    private static let day: Int64 = 86_400

    /// $25.00 and a refund of $5.00, a lost dispute, a bonus, what failed, and three days of usage.
    private func deliver(to harness: WebHarness) async throws {
        try await UsageSample.deliver(to: harness)
        let start = TestClock.start
        try await harness.deliver([
            .charge("ch_1", amount: 2500, created: start.adding(seconds: -2 * Self.day)),
            .refund("re_1", of: "ch_1", amount: 500, created: start.adding(seconds: -Self.day)),
            .refund(
                "re_2",
                of: "ch_1",
                amount: 700,
                status: "failed",
                created: start.adding(seconds: -Self.day)
            ),
            .charge("ch_2", amount: 900, status: "failed", created: start.adding(seconds: -Self.day)),
            .charge("ch_3", amount: 1000, currency: "jpy", created: start.adding(seconds: -Self.day)),
            .charge("ch_4", amount: 10_000, created: start, customer: "cus_two"),
        ])
        let bonus =
            #"{"id":"welcome","customer":"cus_one","kind":"bonus","amount":1000,"currency":"usd","created":1773360000}"#
        #expect(try await harness.post("/v1/credits", Array(bonus.utf8), key: .usage).json["changed"] == 1)
    }

    @Test func `purchases less refunds and spend, and credits, is the balance`() async throws {
        try await WebHarness.with { harness in
            try await deliver(to: harness)
            let balance = try await harness.get("/v1/balance?customer=cus_one").json
            let dollars = try #require(balance["balances"]?[0])
            #expect(dollars["purchases"] == "25" && dollars["refunds"] == "5" && dollars["credits"] == "10")
            #expect(dollars["spent"] == "4.86" && dollars["balance"] == "25.14")
            #expect(dollars["balance_display"] == "$25.14" && dollars["complete"] == false)
            #expect(
                balance["balances"]?[1]?["currency"] == "jpy" && balance["balances"]?[1]?["balance"] == "1000"
            )
            // 14,400 blocks a day at 100 micro-dollars.
            #expect(balance["burn_per_hour"] == "0.06" && balance["days_left"] == "17.4")
        }
    }

    @Test(arguments: [
        ("UTC", [true, true, false], true), ("Europe/Berlin", [true, true, false], false),
        ("America/New_York", [true, true, false, false], false),
    ])
    func `the first indexed day is complete in every zone, unless a lease began before it`(
        zone: String,
        complete: [Bool],
        isCompleteLater: Bool
    ) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            // In New York the first indexed blocks are of the evening before.
            let first = zone == "America/New_York" ? "2026-03-11" : "2026-03-12"
            let range = "customer=cus_one&from=\(first)&timezone=\(zone)"
            func answers(_ route: String, to end: String) async throws -> [ReceivedJSON?] {
                try await harness.get("/v1/\(route)?\(range)&to=\(end)").rows
                    .filter { $0["currency"] == nil || $0["currency"] == "usd" }.map { $0["complete"] }
            }
            for route in ["usage/daily", "balance/history"] {
                #expect(try await answers(route, to: "2026-03-14") == complete.map { .bool($0) }, "\(route)")
            }
            let old = UsageSample.lease(9, created: 999_000, price: "1", closed: 999_999)
            #expect(try await harness.putLeases(old).status == 200)
            #expect(try await answers("usage/daily", to: first) == [.bool(isCompleteLater)])
            #expect(try await answers("balance/history", to: first) == [false])
        }
    }

    @Test func `a day's closing balance is its opening balance plus its movements, and opens the next day`()
        async throws
    {
        try await WebHarness.with { harness in
            try await deliver(to: harness)
            let rows = try await harness.get(
                "/v1/balance/history?customer=cus_one&from=2026-03-11&to=2026-03-14"
            ).rows
                .filter { $0["currency"] == "usd" }
            #expect(rows.map { $0["date"] } == ["2026-03-11", "2026-03-12", "2026-03-13", "2026-03-14"])
            #expect(rows.map { $0["opening"] } == ["0", "0", "23.56", "25.86"])
            #expect(rows.map { $0["closing"] } == ["0", "23.56", "25.86", "25.14"])
            #expect(rows.map { $0["credits"] } == ["0", "0", "10", "0"])
            #expect(rows.map { $0["purchases_to_date"] } == ["0", "25", "25", "25"])
            #expect(rows.map { $0["complete"] } == [true, true, true, false])
        }
    }

    @Test func `a day that is not indexed yet is not complete, nor is the balance through it`() async throws {
        try await WebHarness.with { harness in
            let finalDays = UsageSample.calendar.split(separator: "\n").prefix(2).joined(separator: "\n")
            for (path, body) in [("leases", UsageSample.leases), ("calendar", finalDays)] {
                let answer = try await harness.post("/v1/usage/\(path)", Array(body.utf8), key: .usage)
                #expect(answer.status == 200)
            }
            #expect(try await harness.putAccounts(UsageSample.accounts()).status == 200)
            for zone in ["UTC", "Africa/Abidjan"] {
                let query = "customer=cus_one&from=2026-03-11&to=2026-03-14&timezone=\(zone)"
                let rows = try await harness.get("/v1/balance/history?\(query)").rows
                #expect(rows.map { $0["complete"] } == [true, true, true, false])
                #expect(rows.map { $0["spend"] } == ["0", "1.44", "2.7", .null])
                let cells = try await harness.get("/v1/balance/history?\(query)&format=csv").csv.column(
                    "Spend"
                )
                #expect(cells == ["0", "1.44", "2.7", ""])
            }
            let balance = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(balance["balances"]?[0]?["complete"] == false)
        }
    }

    /// The customer, their addresses, and whether their balance is complete and the spend of the days from 11 to 14 March
    /// known, if the calendar has 12 and 13 March and the only lease began in it.
    @Test(
        arguments: [
            ("no address", "", "1000000", [true, true, true, true]),
            (
                "an address without a lease", #"{"address":"akash1idle"}"#, "1000000",
                [true, true, true, false]
            ),
            (
                "an address that was given up in time",
                #"{"address":"akash1idle","valid_to":"2026-03-14"}"#, "1000000", [true, true, true, true]
            ),
            (
                "a lease in the calendar", #"{"address":"akash1the0wnerygferu"}"#, "1000000",
                [true, true, true, false]
            ),
            (
                "a lease from before", #"{"address":"akash1the0wnerygferu"}"#, "999999",
                [false, true, true, false]
            ),
            (
                "an address that a lease from before had earlier",
                #"{"address":"akash1the0wnerygferu","valid_from":"2026-03-12","valid_to":"2026-03-14"}"#,
                "999999",
                [true, true, true, true]
            ),
        ] as [(String, String, String, [Bool])]
    )
    func `a day is unknown if the customer can have usage that is not indexed`(
        _ name: String,
        addresses: String,
        created: String,
        known: [Bool]
    ) async throws {
        try await WebHarness.with { harness in
            let lease = UsageSample.lease(1, created: Int(created) ?? 0, price: "100", closed: 1_014_400)
            let finalDays = UsageSample.calendar.split(separator: "\n").prefix(2).joined(separator: "\n")
            for (path, body) in [("leases", lease), ("calendar", finalDays)] {
                let answer = try await harness.post("/v1/usage/\(path)", Array(body.utf8), key: .usage)
                #expect(answer.status == 200)
            }
            #expect(try await harness.putAccounts(UsageSample.accounts("cus_one", addresses)).status == 200)
            let query = "/v1/balance/history?customer=cus_one&from=2026-03-11&to=2026-03-14"
            let rows = try await harness.get(query).rows
            #expect(rows.map { $0["spend"] != .null } == known)
            // A day with unknown spend makes the balance of each later day unknown.
            let complete = known.indices.map { index in known[...index].allSatisfy(\.self) }
            #expect(rows.map { $0["complete"] } == complete.map { .bool($0) })
            let balance = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(balance["balances"]?[0]?["complete"] == .bool(!known.contains(false)))
        }
    }

    @Test func `a price from a later block does not burn yet, and without a calendar no burn is known`()
        async throws
    {
        try await WebHarness.with { harness in
            #expect(try await harness.putAccounts(UsageSample.accounts()).status == 200)
            let before = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(before["burn_per_hour"] == nil && before["days_left"] == nil)

            let later =
                #""price_segments":[{"from_height":"2000000","denom":"uact","price":"7"}],"cpu_milli""#
            let lease = UsageSample.lease(1, created: 1_000_000, price: "100").replacing(
                "\"cpu_milli\"",
                with: later
            )
            for (path, body) in [("leases", lease), ("calendar", UsageSample.calendar)] {
                let answer = try await harness.post("/v1/usage/\(path)", Array(body.utf8), key: .usage)
                #expect(answer.status == 200, "\(answer.text)")
            }
            // 14,400 blocks a day at 100 micro-dollars.
            #expect(try await harness.get("/v1/balance?customer=cus_one").json["burn_per_hour"] == "0.06")
        }
    }

    @Test func `without a calendar, spend and burn are unknown to a customer with leases`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.post(
                "/v1/usage/leases",
                Array(UsageSample.leases.utf8),
                key: .usage
            )
            #expect(answer.status == 200)
            #expect(try await harness.putAccounts(UsageSample.accounts()).status == 200)
            let day = "customer=cus_one&from=2026-03-14&to=2026-03-14"
            let row = try await harness.get("/v1/balance/history?\(day)").rows.first
            #expect(row?["spend"] == .null && row?["complete"] == false)
            let balance = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(balance["burn_per_hour"] == nil && balance["burn_per_hour_display"] == "–")
            #expect(balance["days_left"] == nil && balance["balances"]?[0]?["complete"] == false)
            let months = try await harness.get("/v1/usage/monthly?customer=cus_one").rows
            #expect(months.count == 6)
            #expect(months.allSatisfy { $0["spent"] == .null && $0["spent_display"] == "–" })
        }
    }

    @Test func `a history that begins later opens with all that was before`() async throws {
        try await WebHarness.with { harness in
            try await deliver(to: harness)
            let query = "/v1/balance/history?customer=cus_one&from=2026-03-14&to=2026-03-14"
            let row = try #require(try await harness.get(query).rows.last)
            #expect(row["opening"] == "25.86" && row["closing_display"] == "$25.14")
            let table = try await harness.get(query + "&format=csv").csv
            #expect(table.column("Closing") == ["1000", "25.14"])
        }
    }

    @Test func `a coupon that paid an invoice is a credit, and is no payment`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([
                .couponInvoice("in_claimed", amount: 2000), .couponInvoice("in_open", status: "open"),
                .couponInvoice("in_other", amount: 700, customer: "cus_two"),
            ])
            // Console may post the redeemed coupon as well: it is the same credit.
            let said =
                #"{"id":"in_claimed","customer":"cus_one","kind":"coupon","amount":2000,"currency":"usd"}"#
            #expect(try await harness.post("/v1/credits", Array(said.utf8), key: .usage).json["changed"] == 1)

            let dollars = try await harness.get("/v1/balance?customer=cus_one").json["balances"]?[0]
            #expect(dollars?["credits"] == "20" && dollars?["purchases"] == "0")
            #expect(dollars?["balance"] == "20")
            let credits = try await harness.get("/v1/transactions?customer=cus_one").rows
            #expect(credits.map { $0["id"] } == ["in_claimed"] && credits.map { $0["type"] } == ["credit"])
            #expect(credits.map { $0["amount"] } == [2000] && credits.map { $0["invoice"] } == ["in_claimed"])
        }
    }

    @Test func `a credit is given once, and another does not take its id`() async throws {
        try await WebHarness.with { harness in
            let credit = #"{"id":"a","customer":"cus_one","kind":"coupon","amount":100,"currency":"usd"}"#
            for changed in [1, 0] as [Int64] {
                let answer = try await harness.post("/v1/credits", Array(credit.utf8), key: .usage)
                #expect(answer.json["changed"] == .integer(changed))
                harness.clock.advance(seconds: 60)
            }
            let other = credit.replacing("100", with: "101")
            let answer = try await harness.post("/v1/credits", Array(other.utf8), key: .usage)
            #expect(answer.status == 409 && answer.errorCode == "credit_conflict")
        }
    }

    @Test(arguments: ["1773360000", #""2026-03-13""#, #""2026-03-13T00:00:00Z""#])
    func `a credit was given at a day, a time or unix seconds`(created: String) async throws {
        try await WebHarness.with { harness in
            let credit =
                #"{"id":"a","customer":"cus_one","kind":"bonus","amount":100,"currency":"usd","#
                + #""created":\#(created)}"#
            let answer = try await harness.post("/v1/credits", Array(credit.utf8), key: .usage)
            #expect(answer.json["changed"] == 1, "\(answer.text)")
            let days = try await harness.get(
                "/v1/balance/history?customer=cus_one&from=2026-03-12&to=2026-03-14"
            ).rows
            #expect(days.map { $0["credits"] } == ["0", "1", "0"])
        }
    }

    @Test(arguments: [
        #""amount":0"#, #""amount":1.5"#, #""amount":"5""#, #""amount":1000000000000"#,
        #""kind":"gift","amount":1"#,
        #""currency":"us","amount":1"#, #""amount":1,"account":"acct_1""#,
        #""amount":1,"created":"yesterday""#, #""amount":1,"created":"1773360000""#,
    ])
    func `a credit that cannot be is refused`(fields: String) async throws {
        try await WebHarness.with { harness in
            let rest = [#""kind":"bonus""#, #""currency":"usd""#].filter { !fields.contains($0.prefix(6)) }
            let body = "{\"id\":\"a\",\"customer\":\"cus_one\",\(([fields] + rest).joined(separator: ","))}"
            let answer = try await harness.post("/v1/credits", Array(body.utf8), key: .usage)
            #expect(answer.status == 400, "\(answer.text)")
        }
    }
}
