import Billing
import HTTPClient
import StripeAPI
import Testing

/// Console's own routes, to the letter: its page must not notice that it was pointed here.
@Suite(.timeLimit(.minutes(5)))
struct ConsoleRoutesTests {
    private static let path = "/v1/stripe/transactions"

    /// The rows as Console has them: payments, with the refunded amount as a part of them.
    private static let events =
        FeedSample.events + [
            .charge("ch_whole", refunded: 2500, created: FeedSample.ago(5000)),
            .charge("ch_part", refunded: 2499, created: FeedSample.ago(6000)),
        ]
    private static let newestFirst = ["ch_a", "ch_b", "ch_c", "ch_d", "ch_whole", "ch_part", "in_e"]

    private func row(_ id: String, in answer: Answer) -> ReceivedJSON? {
        answer.json["data"]?["transactions"]?.array.first { $0["id"]?.string == id }
    }

    private func ids(_ answer: Answer) -> [String] {
        answer.json["data"]?["transactions"]?.array.compactMap { $0["id"]?.string } ?? []
    }

    // MARK: The list

    @Test func `the envelope has Console's names and no others`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let answer = try await harness.get(Self.path)
            #expect(answer.json.names == ["data"])
            #expect(answer.json["data"]?.names == ["transactions", "totalCount", "hasMore"])
        }
    }

    @Test func `payments are there, newest first, and refunds are no rows`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let answer = try await harness.get(Self.path)
            #expect(ids(answer) == Self.newestFirst)
            #expect(answer.json["data"]?["totalCount"] == 7)
            #expect(answer.json["data"]?["hasMore"] == false)
        }
    }

    @Test func `a coupon that was claimed is a row of Console's type for it`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events + [.couponInvoice("in_claimed", amount: 2000)])
            let answer = try await harness.get(Self.path)
            #expect(answer.json["data"]?["totalCount"] == 8)
            let found = try #require(row("in_claimed_credit", in: answer))
            #expect(found["type"] == "coupon_claim" && found["stripeInvoiceId"] == "in_claimed")
            #expect(found["amount"] == 2000 && found["status"] == "succeeded" && found["receiptUrl"] == nil)
        }
    }

    @Test func `a row has Console's names and types`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let found = try #require(row("ch_a", in: try await harness.get(Self.path)))
            let link = found["receiptUrl"]?.string ?? ""
            #expect(link.hasPrefix("https://billing.example.com/v1/transactions/ch_a/receipt?"))
            #expect(
                found == [
                    "id": "ch_a", "type": "payment_intent", "amount": 2500, "amountRefunded": 500,
                    "currency": "usd", "status": "succeeded",
                    "created": .integer(FeedSample.ago(1000).unixSeconds), "cardBrand": "visa",
                    "cardLast4": "4242", "receiptUrl": .string(link), "description": "Console credits",
                ]
            )
        }
    }

    @Test func `absent values are omitted`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let found = try #require(row("in_e", in: try await harness.get(Self.path)))
            #expect(
                found.names == [
                    "id", "type", "amount", "amountRefunded", "currency", "status", "created",
                    "stripeInvoiceId", "receiptUrl",
                ]
            )
            #expect(found["stripeInvoiceId"] == "in_e")
        }
    }

    @Test(arguments: [
        ("ch_whole", "refunded"), ("ch_part", "succeeded"), ("ch_a", "succeeded"), ("ch_b", "failed"),
        ("ch_d", "pending"),
    ])
    func `only a full refund is marked as refunded`(id: String, status: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let answer = try await harness.get(Self.path)
            #expect(row(id, in: answer)?["status"]?.string == status)
        }
    }

    @Test(arguments: [
        ("limit=3", 0..<3, true), ("limit=3&offset=3", 3..<6, true), ("limit=3&offset=6", 6..<7, false),
        ("limit=7", 0..<7, false), ("offset=7", 7..<7, false), ("offset=1000000", 7..<7, false),
        ("limit=4&offset=3", 3..<7, false), ("limit=0.3e1", 0..<3, true), ("limit=%203.0%20", 0..<3, true),
        ("limit=0x3&offset=", 0..<3, true), ("limit=%2B3&offset=3&colour=red", 3..<6, true),
    ])
    func `limit and offset cut the list, and the total stays`(
        query: String,
        range: Range<Int>,
        hasMore: Bool
    )
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let answer = try await harness.get("\(Self.path)?\(query)")
            #expect(ids(answer) == Array(Self.newestFirst[range]))
            #expect(answer.json["data"]?["hasMore"] == .bool(hasMore))
            #expect(answer.json["data"]?["totalCount"] == 7)
        }
    }

    @Test func `a list has a hundred rows by default`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce((0..<101).map { .charge("ch_\($0)") })
            let answer = try await harness.get(Self.path)
            #expect(ids(answer).count == 100)
            #expect(answer.json["data"]?["hasMore"] == true)
        }
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=ten", "limit"), ("offset=-1", "offset"),
        ("limit=", "limit"), ("limit=1.5", "limit"), ("limit=0x", "limit"), ("limit=Infinity", "limit"),
        ("limit=1e", "limit"), ("limit=1e3", "limit"), ("offset=NaN", "offset"),
        ("offset=x", "offset"), ("offset=99999999999999999999", "offset"),
        ("startDate=2026-03-14", "startDate"), ("startDate=2026-03-14T00:00:00", "startDate"),
        ("startDate=2026-03-14T00:00:00%2B02:00", "startDate"),
        ("startDate=2026-02-30T00:00:00Z", "startDate"),
        ("startDate=2026-03-14T24:00:00Z", "startDate"), ("startDate=2026-03-14T00:00:60Z", "startDate"),
        ("startDate=2026-13-01T00:00:00Z", "startDate"), ("startDate=2026-03-14T00:00:00ZZ", "startDate"),
        ("startDate=2026-03-14T00:00:00Z%0D%0AX:Z", "startDate"), ("startDate=2026-3-4T0:0:0Z", "startDate"),
        ("startDate=99999999999999999999-01-01T00:00:00Z", "startDate"),
        ("startDate=1773489600", "startDate"),
        ("startDate=0000-01-01T00:00:00Z", "startDate"), ("endDate=tomorrow", "endDate"),
        ("startDate=2026-03-02T00:00:00Z&endDate=2026-03-01T00:00:00Z", "endDate"),
        ("startDate=2025-03-01T00:00:00Z&endDate=2026-03-03T00:00:00Z", "endDate"),
        ("limit=1&limit=1", "limit"), ("customer=a%20b", "customer"),
    ])
    func `a query that cannot be meant is refused, naming the parameter`(
        query: String,
        parameter: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            let answer = try await harness.get("\(Self.path)?\(query)")
            #expect(answer.status == 400)
            #expect(answer.errorParameter == parameter)
        }
    }

    @Test(arguments: [
        // ch_a was made at 11:43:20, ch_b at 11:26:40.
        ("startDate=2026-03-14T11:43:20Z", ["ch_a"]),
        ("startDate=2026-03-14T11:43:21Z", []),
        ("startDate=2026-03-14T11:26:40.000Z&endDate=2026-03-14T11:43:20.999Z", ["ch_a", "ch_b"]),
        ("startDate=2026-03-14T11:26:41Z&endDate=2026-03-14T11:43:19Z", []),
        ("startDate=2026-03-14T11:26:40Z&endDate=2026-03-14T11:26:40Z", ["ch_b"]),
        ("startDate=2025-03-14T00:00:00Z&endDate=2026-03-15T23:59:59Z&limit=2", ["ch_a", "ch_b"]),
        ("endDate=2026-03-14T10:00:00Z", ["in_e"]),
    ])
    func `both dates are part of the range, of up to 366 days`(query: String, expected: [String]) async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let answer = try await harness.get("\(Self.path)?\(query)")
            #expect(answer.status == 200)
            #expect(ids(answer) == expected)
        }
    }

    // MARK: Whose rows

    private static let owners: [MadeEvent] = [
        .customer("cus_one", ofConsoleUser: "user-1"), .customer("cus_two", ofConsoleUser: "user-2"),
    ]

    private func get(_ path: String, user: String, _ harness: WebHarness) async throws -> Answer {
        try await harness.send(
            .get,
            path,
            headers: TestKey.feed.headersOfConsole + [TransportHeader("X-User-Id", user)]
        )
    }

    @Test(arguments: [
        ("user-1", ["ch_a", "ch_b", "ch_whole", "ch_part", "in_e"]), ("user-2", ["ch_c", "ch_d"]),
    ])
    func `the user that Console names sees only their own rows`(user: String, expected: [String]) async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.owners + Self.events)
            let answer = try await get(Self.path, user: user, harness)
            #expect(ids(answer) == expected)
        }
    }

    @Test(arguments: ["list", "export"])
    func `another's customer and one that does not exist answer alike, and an unknown user has nothing`(
        route: String
    )
        async throws
    {
        let range = "timezone=UTC&startDate=2026-03-01T00:00:00Z&endDate=2026-03-31T00:00:00Z"
        let path = route == "list" ? Self.path : "\(Self.path)/export"
        try await WebHarness.with { harness in
            try await harness.deliver(Self.owners + Self.events)
            let answers = [
                try await get("\(path)?\(range)&customer=cus_two", user: "user-1", harness),
                try await get("\(path)?\(range)&customer=cus_nobody", user: "user-1", harness),
                try await get("\(path)?\(range)&customer=cus_two", user: "user-nobody", harness),
            ]
            #expect(answers.map(\.status) == [404, 404, 404])
            #expect(Set(answers.map(\.withoutRequestID)).count == 1)
            let nothing = try await get("\(path)?\(range)", user: "user-nobody", harness)
            #expect(nothing.status == 200 && !nothing.text.contains("ch_"))
            #expect(try await get("\(path)?\(range)", user: "", harness).status == 400)
        }
    }

    @Test func `a file for a user has only their own rows`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.owners + Self.events)
            let path =
                "\(Self.path)/export?timezone=UTC&startDate=2026-03-01T00:00:00Z&endDate=2026-03-31T00:00:00Z"
            let table = try await get(path, user: "user-2", harness).csv
            #expect(table.column("Transaction ID") == ["ch_c", "ch_d"])
        }
    }

    // MARK: The file

    private static let range = "startDate=2026-03-01T00:00:00.000Z&endDate=2026-03-31T23:59:59Z"

    private static func export(_ zone: String = "UTC") -> String {
        "\(path)/export?\(range)&timezone=\(zone)"
    }

    @Test func `the file has Console's type, name and mark`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get(Self.export())
            #expect(answer.headers["Content-Type"]?.hasPrefix("text/csv") == true)
            #expect(
                answer.headers["Content-Disposition"]
                    == "attachment; filename=\"transactions_2026-03-01_to_2026-03-31.csv\""
            )
            #expect(answer.body.prefix(3) == [0xEF, 0xBB, 0xBF])
        }
    }

    @Test func `the file's first line is Console's`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get(Self.export("America/New_York"))
            #expect(
                answer.text
                    == "\u{FEFF}Transaction ID,Date (America/New_York),Type,Amount,Bonus,Refunded,Currency,"
                    + "Status,Card Brand,Card Last 4,Description,Invoice ID,Receipt URL\r\n"
                    + "No transactions found for the specified date range,,,,,,,,,,,,\r\n"
            )
        }
    }

    @Test func `a line of the file is a row of the list`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(Self.events)
            let table = try await harness.get(Self.export("Europe/Berlin")).csv
            #expect(table.column("Transaction ID") == Self.newestFirst)
            #expect(
                table.rows.first.map { Array($0.dropLast()) } == [
                    "ch_a", "2026-03-14, 12:43:20 p.m.", "payment_intent", "25.00", "0.00", "5.00", "USD",
                    "succeeded",
                    "visa", "4242", "Console credits", "",
                ]
            )
        }
    }

    @Test(arguments: [
        ("", "startDate"), ("startDate=2026-03-01T00:00:00Z", "endDate"),
        ("endDate=2026-03-01T00:00:00Z", "startDate"),
        ("startDate=2025-03-01T00:00:00Z&endDate=2026-03-03T00:00:00Z", "endDate"),
        ("startDate=2026-03-01T00:00:00Z&endDate=2026-03-02T00:00:00Z", "timezone"),
    ])
    func `a file needs both dates and a time zone`(
        query: String,
        parameter: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            let answer = try await harness.get("\(Self.path)/export?\(query)")
            #expect(answer.status == 400)
            #expect(answer.errorParameter == parameter)
        }
    }

    @Test func `a file of more than a page's worth has every row once`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce((0..<701).map { .charge("ch_\($0)") })
            let ids = try await harness.get(Self.export()).csv.column("Transaction ID")
            #expect(ids.count == 701)
            #expect(Set(ids).count == 701)
        }
    }
}
