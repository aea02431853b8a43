import HTTPClient
import StripeAPI
import Testing

/// Console's own routes of usage.
@Suite(.timeLimit(.minutes(5)))
struct ConsoleUsageTests {
    private static let fields: Set<String> = [
        "date", "activeDeployments", "dailyAktSpent", "totalAktSpent", "dailyUsdcSpent", "totalUsdcSpent",
        "dailyActSpent", "totalActSpent", "dailyUsdSpent", "totalUsdSpent",
    ]

    @Test func `the history is a bare array of a row a day, in Console's names, of numbers`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let rows = try await harness.get("/v1/usage/history?address=akash1the0wnerygferu").json.array
            #expect(rows.count == 31 && rows.allSatisfy { $0.names == Self.fields })
            #expect(rows.first?["date"] == "2026-02-12" && rows.last?["date"] == "2026-03-14")
            let second = try #require(rows.first { $0["date"] == "2026-03-13" })
            #expect(second["activeDeployments"] == 2)
            #expect(second["dailyAktSpent"] == .double(0.36) && second["totalAktSpent"] == .double(0.36))
            #expect(second["dailyActSpent"] == .double(1.44) && second["totalActSpent"] == .double(2.88))
            #expect(second["dailyUsdcSpent"] == second["dailyActSpent"])
            #expect(second["dailyUsdSpent"] == .double(2.7) && second["totalUsdSpent"] == .double(4.14))
        }
    }

    @Test func `the stats count distinct deployments and average over all days`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let query = "address=akash1the0wnerygferu&startDate=2026-03-12&endDate=2026-03-14"
            let stats = try await harness.get("/v1/usage/history/stats?\(query)").json
            #expect(stats["totalSpent"] == .double(4.86) && stats["averageSpentPerDay"] == .double(1.62))
            #expect(stats["totalDeployments"] == 2 && stats["averageDeploymentsPerDay"] == .double(0.67))
        }
    }

    @Test func `the days of a wallet add up without a block lost at midnight`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            let query = "address=akash1an0ther0hra0rx&startDate=2026-03-12&endDate=2026-03-14"
            let rows = try await harness.get("/v1/usage/history?\(query)").json.array
            // 36,000 blocks at 7 micro-dollars.
            #expect(rows.last?["totalUsdSpent"] == .double(0.25))
        }
    }

    @Test func `a user sees the addresses that are its own, on the days they were`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            try await harness.deliver([.customer("cus_one", ofConsoleUser: "user-1")])
            let user = [TransportHeader("X-User-Id", "user-1")]
            let own = "/v1/usage/history?address=akash1the0wnerygferu&startDate=2026-03-12&endDate=2026-03-13"
            #expect(try await harness.get(own, headers: user).json[1]?["totalUsdSpent"] == .double(4.14))
            #expect(
                try await harness.get("/v1/usage/history?address=akash1an0ther0hra0rx", headers: user).status
                    == 404
            )
            _ = try await harness.putAccounts(
                UsageSample.accounts(
                    "cus_one",
                    #"{"address":"akash1the0wnerygferu","valid_to":"2026-03-13"}"#
                )
            )
            #expect(try await harness.get(own, headers: user).json[1]?["totalUsdSpent"] == .double(1.44))
            let nobody = [TransportHeader("X-User-Id", "user-2")]
            let zeros = try await harness.get(own, headers: nobody)
            #expect(zeros.status == 200)
            #expect(zeros.json.array.map { $0["totalUsdSpent"] } == [.integer(0), .integer(0)])
        }
    }

    @Test func `the new address of a user brings the usage of the former one, and the former one its own`()
        async throws
    {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            try await harness.deliver([.customer("cus_one", ofConsoleUser: "user-1")])
            let moved =
                #"{"address":"\#(UsageSample.owner)","valid_to":"2026-03-13"},"#
                + #"{"address":"\#(UsageSample.other)","valid_from":"2026-03-13"}"#
            #expect(try await harness.putAccounts(UsageSample.accounts("cus_one", moved)).status == 200)
            let user = [TransportHeader("X-User-Id", "user-1")]
            let session = [bearer(harness.sessionToken("cus_one"))]
            func spent(
                _ address: String,
                key: TestKey? = .feed,
                _ headers: [TransportHeader]
            ) async throws -> [ReceivedJSON?] {
                let path = "/v1/usage/history?address=\(address)&startDate=2026-03-12&endDate=2026-03-13"
                return try await harness.get(path, key: key, headers: headers).json.array.map {
                    $0["dailyUsdSpent"]
                }
            }
            for headers in [[], user] {
                // The first day of the one wallet, and the second of the other: 14,400 blocks at 100 and at 7 micro-dollars.
                #expect(try await spent(UsageSample.other, headers) == [.double(1.44), .double(0.1)])
                #expect(
                    try await spent(UsageSample.other.uppercased(), headers) == [.double(1.44), .double(0.1)]
                )
            }
            #expect(try await spent(UsageSample.other, key: nil, session) == [.double(1.44), .double(0.1)])
            #expect(try await spent(UsageSample.owner, user) == [.double(1.44), .integer(0)])
            #expect(try await spent(UsageSample.owner, []) == [.double(1.44), .double(2.7)])
        }
    }

    @Test(arguments: [
        "", "address=", "address=akash1the0wnerygferv", "address=cosmos1the0wnerygferu", "address=a%20b",
        "address=akash1o&startDate=2026-03-14T00:00:00Z",
        "address=akash1o&startDate=2026-03-14&endDate=2026-03-13", "address=akash1o&startDate=2024-01-01",
    ])
    func `a question that makes no sense is refused`(query: String) async throws {
        try await WebHarness.with { harness in
            for path in ["history", "history/stats"] {
                let answer = try await harness.get("/v1/usage/\(path)?\(query)")
                #expect(answer.status == 400)
            }
        }
    }
}
