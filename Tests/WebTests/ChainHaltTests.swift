import Testing

/// Days on which the chain made no block, and the days beside them.
@Suite(.timeLimit(.minutes(5)))
struct ChainHaltTests {
    private static let first = """
        {"date":"2026-03-10","first_height":"1000000","last_height":"1014399","akt_usd":"2","final":true}
        {"date":"2026-03-11","first_height":"1014400","last_height":"1028799","akt_usd":"2","final":true}
        """
    private static let halt = """
        {"date":"2026-03-12","first_height":"1028800","last_height":"1028799","final":true}
        {"date":"2026-03-13","first_height":"1028800","last_height":"1028799","final":true}
        """
    private static let last = """
        {"date":"2026-03-14","first_height":"1028800","last_height_yet":"1035999","akt_usd":"2"}
        """

    /// The days as sent at once, as an indexer has them, which has no row for a day without blocks, and the other way
    /// round.
    private static let calendars = [[first, halt, last], [first, last], [last, first], [first, halt]]

    private func with(_ calendar: [String], _ body: (WebHarness) async throws -> Void) async throws {
        try await WebHarness.with { harness in
            let lease = UsageSample.lease(1, created: 1_000_000, price: "100")
            #expect(try await harness.putLeases("[\(lease)]").status == 200)
            for days in calendar {
                let answer = try await harness.post("/v1/usage/calendar", Array(days.utf8), key: .usage)
                #expect(answer.status == 200, "\(answer.text)")
            }
            #expect(try await harness.putAccounts(UsageSample.accounts()).status == 200)
            try await body(harness)
        }
    }

    private func days(_ harness: WebHarness, _ query: String = "") async throws -> [ReceivedJSON] {
        let path = "/v1/usage/daily?owner=akash1the0wnerygferu&from=2026-03-10&to=2026-03-13\(query)"
        return try #require(try await harness.get(path).json["data"]).array
    }

    @Test(arguments: calendars)
    func `a day without blocks costs nothing and is complete, as are the days beside it`(
        calendar: [String]
    ) async throws {
        try await with(calendar) { harness in
            let days = try await days(harness)
            #expect(days.map { $0["spent"]?.string } == ["1.44", "1.44", "0", "0"])
            #expect(days.allSatisfy { $0["complete"] == true })
            #expect(days.map { $0["leases"]?.integer } == [1, 1, 0, 0])
        }
    }

    @Test(
        arguments: calendars,
        [("America/New_York", "12"), ("Asia/Kolkata", "13"), ("Pacific/Kiritimati", "13")]
    )
    func `a day of a time zone is known where the chain stood still, and the days before it add up`(
        calendar: [String],
        zone: (name: String, day: String)
    ) async throws {
        try await with(calendar) { harness in
            let path =
                "/v1/usage/daily?owner=akash1the0wnerygferu&from=2026-03-09&to=2026-03-\(zone.day)&timezone=\(zone.name)"
            let days = try #require(try await harness.get(path).json["data"]).array
            let last = try #require(days.last)
            #expect(last["spent"]?.string == "0" && last["complete"] == true, "\(last)")
            let spent = days.compactMap { $0["spent"]?.string.flatMap(Double.init) }
            // In zones ahead of UTC the first day lies before the calendar.
            #expect(spent.count >= days.count - 1 && abs(spent.reduce(0, +) - 2.88) < 0.000_001, "\(spent)")
        }
    }

    @Test(arguments: calendars)
    func `the burn rate is that of the last day that had blocks`(calendar: [String]) async throws {
        try await with(calendar) { harness in
            let balance = try await harness.get("/v1/balance?customer=cus_one").json
            #expect(balance["burn_per_hour"] == "0.06", "\(balance)")
        }
    }

    @Test func `a gap in the heights is a gap in the calendar and no halt`() async throws {
        let later = """
            {"date":"2026-03-14","first_height":"1028801","last_height_yet":"1035999","akt_usd":"2"}
            """
        try await with([Self.first, later]) { harness in
            let days = try await days(harness)
            #expect(days.map { $0["spent"]?.string } == ["1.44", "1.44", nil, nil])
            #expect(days[2]["complete"] == false)
        }
    }
}
