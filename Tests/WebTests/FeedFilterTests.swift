import Testing

/// `GET /v1/transactions`: its envelope, its filters, and the queries it refuses.
@Suite(.timeLimit(.minutes(5)))
struct FeedFilterTests {
    @Test func `a list has Stripe's envelope`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a")])
            let list = try await harness.get("/v1/transactions").json
            #expect(list.names == ["object", "url", "has_more", "data"])
            #expect(list["object"] == "list")
            #expect(list["url"] == "/v1/transactions")
            #expect(list["has_more"] == false)
        }
    }

    @Test func `an empty feed is an empty list`() async throws {
        try await WebHarness.with { harness in
            let list = try await harness.get("/v1/transactions").json
            #expect(list["data"] == [])
            #expect(list["has_more"] == false)
        }
    }

    @Test(arguments: FeedSample.filters)
    func `a filter finds the rows it means`(query: String, ids: [String]) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let found = try await harness.ids("/v1/transactions?\(query)")
            #expect(found == ids)
        }
    }

    @Test(arguments: ["usd", "usdc", "usdt2", "8letters"])
    func `every currency that a row may have is found`(code: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a", currency: "eur"), .charge("ch_b", currency: code)])
            for given in [code, code.uppercased()] {
                #expect(try await harness.ids("/v1/transactions?currency=\(given)") == ["ch_b"])
            }
        }
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=abc", "limit"), ("limit=-1", "limit"),
        ("limit=1.5", "limit"), ("limit=99999999999999999999", "limit"), ("limit=0x10", "limit"),
        ("type=gift", "type"), ("type=PURCHASE", "type"), ("status=Paid", "status"),
        ("currency=us", "currency"), ("currency=usdollars", "currency"), ("currency=%C3%BCsd", "currency"),
        ("currency=u-d", "currency"),
        ("created=yesterday", "created"), ("created[gte]=-1", "created[gte]"),
        ("created[lt]=99999999999999999999", "created[lt]"), ("created[lt]=999999999999", "created[lt]"),
        ("created[gte]=1.5", "created[gte]"),
        ("created[gte]=2000&created[lte]=1999", "created"), ("created[gt]=2000&created[lt]=1000", "created"),
        ("customer=cus%20one", "customer"), ("customer=c%C3%BCs", "customer"),
        ("customer=\(String(repeating: "c", count: 256))", "customer"),
        ("q=\(String(repeating: "q", count: 257))", "q"),
        ("starting_after=a%20b", "starting_after"), ("ending_before=%0A", "ending_before"),
        ("starting_after=ch_a&ending_before=ch_b", "ending_before"),
        ("limit=1&limit=2", "limit"), ("type=refund&type=refund", "type"), ("q=1&%71=2", "q"),
        ("q=%zz", "query"), ("q=%f", "query"), ("q=%+f", "query"), ("q=%ff", "query"), ("q=%00", "query"),
    ])
    func `a query that cannot be meant is refused, naming the parameter`(
        query: String,
        parameter: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions?\(query)")
            #expect(answer.status == 400)
            #expect(answer.errorCode == "parameter_invalid")
            #expect(answer.errorParameter == parameter)
        }
    }

    @Test(arguments: [
        "colour=red", "Limit=1", "created[from]=1", "creatd[gte]=1", "customer[]=cus_one", "page=2", "=1",
        "limit%20=1",
    ])
    func `a filter there is none of is refused and not passed over`(query: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions?\(query)")
            #expect(answer.status == 400)
            #expect(answer.errorCode == "parameter_unknown")
        }
    }

    @Test func `a query of more than 8 KB is refused`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions?q=\(String(repeating: "q", count: 9000))")
            #expect(answer.status == 400)
        }
    }

    @Test(arguments: [("", 10), ("limit=1", 1), ("limit=100", 100)])
    func `a page is as long as asked for`(query: String, length: Int) async throws {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce((0..<101).map { MadeEvent.charge("ch_\($0)") })
            let list = try await harness.get("/v1/transactions?\(query)")
            #expect(try list.rows.count == length)
            #expect(list.json["has_more"] == true)
        }
    }
}
