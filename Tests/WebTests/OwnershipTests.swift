import HTTPClient
import Testing

/// The credential of a caller who is exactly one customer.
enum CustomerCredentials: String, CaseIterable, Sendable {
    case bearer, cookie, xAPIKey
    case expiredBearer, expiredCookie, forgedBearer, forgedCookie
}

/// Every route with a customer's own credentials, for their own data and for another customer's.
@Suite(.timeLimit(.minutes(5)))
struct OwnershipTests {
    private static let settings = {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        settings.mailer = WillingMailer()
        return settings
    }()

    @Test func `every route that reads the feed is tested with another customer's data`() {
        for route in RouteUnderTest.all {
            let asks = route.key == .feed
            #expect(asks == !route.theirs.isEmpty, "\(route)")
        }
    }

    @Test(arguments: RouteUnderTest.all)
    func `a customer has their own, and nothing else is there`(route: RouteUnderTest) async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await OwnershipSample.deliver(to: harness)
            try await harness.deliver(FeedSample.waiting)
            for credentials in CustomerCredentials.allCases {
                let own = try await ask(route.path, route, credentials, harness)
                let (status, code) = expected(of: route, credentials)
                #expect(own.status == status, "\(credentials)")
                if let code { #expect(own.errorCode == code, "\(credentials)") }
                for path in route.theirs {
                    let theirs = try await ask(path, route, credentials, harness)
                    let nobodys = try await ask(
                        OwnershipSample.aboutNobody(path),
                        route,
                        credentials,
                        harness
                    )
                    #expect(
                        theirs.status == (status == route.status ? 404 : status),
                        "\(credentials) \(path)"
                    )
                    #expect(theirs.withoutRequestID == nobodys.withoutRequestID, "\(credentials) \(path)")
                }
            }
            // There is something to be kept from them.
            for path in route.theirs {
                let answer = try await harness.send(route.emptyRequest, path, headers: TestKey.feed.headers)
                #expect(answer.status == route.status, "\(path)")
            }
        }
    }

    private func ask(
        _ path: String,
        _ route: RouteUnderTest,
        _ credentials: CustomerCredentials,
        _ harness: WebHarness
    ) async throws -> Answer {
        let good = harness.sessionToken("cus_one")
        let old = harness.sessionToken("cus_one", age: 3600)
        let forged = String(good.dropLast()) + (good.hasSuffix("0") ? "1" : "0")
        let credential =
            switch credentials {
            case .bearer: bearer(good)
            case .cookie: harness.cookie(good)
            case .xAPIKey: TransportHeader("x-api-key", good)
            case .expiredBearer: bearer(old)
            case .expiredCookie: harness.cookie(old)
            case .forgedBearer: bearer(forged)
            case .forgedCookie: harness.cookie(forged)
            }
        let ofOurPage = [
            TransportHeader("Sec-Fetch-Site", "same-origin"),
            TransportHeader("Content-Type", "application/json"),
        ]
        return try await harness.send(route.emptyRequest, path, headers: [credential] + ofOurPage)
    }

    private func expected(
        of route: RouteUnderTest,
        _ credentials: CustomerCredentials
    ) -> (status: Int, code: String?) {
        if case .open = route.access { return (route.status, nil) }
        let isPage = if case .session = route.access { true } else { false }
        return switch credentials {
        case .bearer, .cookie, .xAPIKey: route.isCustomers ? (route.status, nil) : (403, "scope_missing")
        // A browser gets a page.
        case .expiredCookie where isPage, .forgedCookie where isPage: (401, nil)
        case .expiredBearer, .expiredCookie: (401, "session_expired")
        case .forgedBearer, .forgedCookie: (401, "session_invalid")
        }
    }
}

extension RouteUnderTest {
    /// Whether a customer may use it.
    fileprivate var isCustomers: Bool {
        if case .session = access { true } else { key == .feed }
    }
}

/// Usage follows the account map, day by day.
@Suite(.timeLimit(.minutes(5)))
struct UsageOwnershipTests {
    private static let range = "from=2026-03-12&to=2026-03-14"

    private func days(
        _ path: String,
        _ customer: String,
        _ harness: WebHarness
    ) async throws -> [String: String] {
        let answer = try await harness.get(path, key: nil, headers: [bearer(harness.sessionToken(customer))])
        let rows = try answer.rows.map { ($0["date"]?.string ?? "", $0["spent"]?.string ?? "null") }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    @Test func `an address that changed hands is each one's on their own days`() async throws {
        try await WebHarness.with { harness in
            try await OwnershipSample.deliver(to: harness)
            let path = "/v1/usage/daily?owner=akash1m0vedn0w50hc9j&\(Self.range)"
            // 14,400 blocks a day at 11 micro-dollars, and 7,200 of the day that is under way.
            #expect(
                try await days(path, "cus_one", harness)
                    == ["2026-03-12": "0", "2026-03-13": "0.1584", "2026-03-14": "0.0792"]
            )
            #expect(
                try await days(path, "cus_two", harness)
                    == ["2026-03-12": "0.1584", "2026-03-13": "0", "2026-03-14": "0"]
            )
            let history =
                "/v1/usage/history?address=akash1m0vedn0w50hc9j&startDate=2026-03-12&endDate=2026-03-14"
            let header = [bearer(harness.sessionToken("cus_two"))]
            let rows = try await harness.get(history, key: nil, headers: header).json.array
            #expect(rows.map { $0["activeDeployments"] } == [1, 0, 0])
            let stats = history.replacing("history?", with: "history/stats?")
            let answer = try await harness.get(stats, key: nil, headers: header)
            #expect(answer.json["totalSpent"] == .double(0.16))
        }
    }

    @Test(arguments: ["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"])
    func `no zone shows more of an address that changed hands than the days it was theirs`(
        zone: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            try await OwnershipSample.deliver(to: harness)
            let query = "from=2026-03-10&to=2026-03-14&timezone=\(zone)"
            for subject in ["owner=akash1m0vedn0w50hc9j", "owner=akash1f0rmerlyvmmf44"] {
                let spent = try await days("/v1/usage/daily?\(subject)&\(query)", "cus_two", harness).values
                let microDollars = spent.compactMap { Double($0).map { Int(($0 * 1e6).rounded()) } }
                #expect(microDollars.reduce(0, +) == 158_400, "\(subject) \(spent)")
            }
        }
    }

    @Test func `without parameters a customer's days include all their addresses`() async throws {
        try await WebHarness.with { harness in
            try await OwnershipSample.deliver(to: harness)
            let named = try await days("/v1/usage/daily?customer=cus_two&\(Self.range)", "cus_two", harness)
            #expect(try await days("/v1/usage/daily?\(Self.range)", "cus_two", harness) == named)
            #expect(named["2026-03-12"] == "0.4176", "three addresses at 7, 11 and 11")
            #expect(named["2026-03-13"] == "0.1008", "and one")
        }
    }

    @Test func `an address that was vouched for counts while the map knows neither it nor the customer`()
        async throws
    {
        try await WebHarness.with { harness in
            try await OwnershipSample.deliver(to: harness)
            let lease = UsageSample.lease(20, owner: "akash1new", created: 1_000_000, price: "5")
            #expect(try await harness.putLeases("[\(lease)]").status == 200)
            func status(_ query: String, of customer: String, owner: String) async throws -> (Int, String?) {
                let token = bearer(harness.sessionToken(customer, owner: owner))
                let path = "/v1/usage/daily?\(query)\(query.isEmpty ? "" : "&")\(Self.range)"
                let answer = try await harness.get(path, key: nil, headers: [token])
                return (answer.status, answer.status == 200 ? try answer.rows[0]["spent"]?.string : nil)
            }
            #expect(try await status("", of: "cus_new", owner: "akash1new") == (200, "0.072"))
            #expect(try await status("owner=akash1new", of: "cus_new", owner: "akash1new") == (200, "0.072"))
            #expect(
                try await status("owner=akash1the0wnerygferu", of: "cus_new", owner: "akash1new").0 == 404
            )
            // The map says whose these are.
            #expect(try await status("", of: "cus_new", owner: "akash1the0wnerygferu") == (200, "0"))
            #expect(
                try await status("owner=akash1the0wnerygferu", of: "cus_new", owner: "akash1the0wnerygferu").0
                    == 404
            )
            #expect(
                try await status("owner=akash1f0rmerlyvmmf44", of: "cus_new", owner: "akash1f0rmerlyvmmf44").0
                    == 404
            )
            #expect(try await status("owner=akash1new", of: "cus_two", owner: "akash1new").0 == 404)
            let token = bearer(harness.sessionToken("cus_new", owner: "akash1new"))
            let balance = try await harness.get("/v1/balance", key: nil, headers: [token])
            #expect(balance.json["customer"] == "cus_new")
            #expect(balance.json["balances"]?[0]?["spent"]?.string == "0.18")
            #expect(balance.json["burn_per_hour"]?.string == "0.003")

            let mapped = UsageSample.accounts(
                "cus_new",
                #"{"address":"akash1new","valid_from":"2026-03-13"}"#
            )
            #expect(try await harness.putAccounts(mapped).status == 200)
            #expect(try await status("", of: "cus_new", owner: "akash1new") == (200, "0"), "not on that day")
        }
    }
}

/// A user of Console's for whom Stripe has several customers.
@Suite(.timeLimit(.minutes(5)))
struct SeveralCustomersTests {
    private static let user = [TransportHeader("X-User-Id", "user-1")]

    private func deliver(to harness: WebHarness) async throws {
        try await OwnershipSample.deliver(to: harness)
        try await harness.deliver([
            .customer("cus_one", ofConsoleUser: "user-1"), .customer("cus_two", ofConsoleUser: "user-1"),
        ])
    }

    @Test func `all of their payments are in Console's list and export, newest first`() async throws {
        try await WebHarness.with { harness in
            try await deliver(to: harness)
            let list = try await harness.get("/v1/stripe/transactions", headers: Self.user)
            let ids = list.json["data"]?["transactions"]?.array.compactMap { $0["id"]?.string }
            #expect(ids == ["ch_a", "ch_b", "ch_c", "ch_d", "in_e"] && list.json["data"]?["totalCount"] == 5)
            let one = try await harness.get("/v1/stripe/transactions?customer=cus_two", headers: Self.user)
            #expect(one.json["data"]?["totalCount"] == 2)
            let other = try await harness.get("/v1/stripe/transactions?customer=cus_none", headers: Self.user)
            #expect(other.status == 404)
            let range = "startDate=2026-03-01T00:00:00Z&endDate=2026-03-15T00:00:00Z"
            let export = try await harness.get(
                "/v1/stripe/transactions/export?timezone=UTC&\(range)",
                headers: Self.user
            )
            #expect(export.text.split(separator: "\r\n").count == 6)
        }
    }

    @Test func `and all of their addresses in its usage, each day once`() async throws {
        try await WebHarness.with { harness in
            try await deliver(to: harness)
            // The newest of the addresses brings the usage of all, and each other its own.
            for (address, days) in [
                ("akash1the0wnerygferu", [1.44, 2.7, 0.72]), ("akash1an0ther0hra0rx", [0.1, 0.1, 0.05]),
                ("akash1f0rmerlyvmmf44", [0.16, 0, 0]), ("akash1m0vedn0w50hc9j", [1.86, 2.96, 0.85]),
            ] {
                let path = "/v1/usage/history?address=\(address)&startDate=2026-03-12&endDate=2026-03-14"
                let rows = try await harness.get(path, headers: Self.user).json.array
                #expect(
                    rows.map { $0["dailyUsdSpent"] } == days.map { $0 == 0 ? .integer(0) : .double($0) },
                    "\(address)"
                )
            }
        }
    }

    @Test func `a session opens only its own customer, whatever customers its user has`() async throws {
        try await WebHarness.with { harness in
            try await deliver(to: harness)
            let session = bearer(harness.sessionToken("cus_two"))
            let list = try await harness.get("/v1/stripe/transactions", key: nil, headers: [session])
            #expect(list.json["data"]?["totalCount"] == 2)
        }
    }
}
