import HTTPClient
import Testing

/// Customers' users and organizations, set and read by operators.
@Suite(.timeLimit(.minutes(5)))
struct CustomersTests {
    private static let uuid = ConsoleSample.Ada.uuid
    private static let sub = ConsoleSample.Ada.sub

    private func links(_ answer: Answer, _ kind: String = "users") -> [String] {
        (answer.json[kind]?.array ?? []).map { link in
            let isInForce = link["in_force"] == .bool(true)
            return
                "\(link["origin"]?.string ?? "") \(link["id"]?.string ?? "")\(isInForce ? "" : " overruled")"
        }
    }

    @Test func `set links replace earlier ones, win over Stripe's, and can be removed`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(ConsoleSample.events)
            func show() async throws -> [String] {
                links(try await harness.get("/v1/customers/cus_new", key: .customers))
            }
            #expect(try await show() == ["stripe \(Self.uuid)"])
            let put = try await harness.putCustomer("cus_new", #"{"users":["b","a","a"],"account":null}"#)
            #expect(put.status == 200 && put.json["object"] == "customer" && put.json["id"] == "cus_new")
            #expect(put.json["account"] == .null)
            #expect(links(put) == ["api a", "api b", "stripe \(Self.uuid) overruled"])
            #expect(try await show() == links(put))
            let replaced = try await harness.putCustomer("cus_new", #"{"users":["c"]}"#)
            #expect(links(replaced) == ["api c", "stripe \(Self.uuid) overruled"])
            let nobody = try await harness.putCustomer("cus_new", #"{"users":[]}"#)
            #expect(links(nobody) == ["stripe \(Self.uuid) overruled"])
            #expect(links(try await harness.putCustomer("cus_new", "{}")) == ["stripe \(Self.uuid)"])
        }
    }

    @Test func `customers are found by user, by organization, and listed a page at a time`() async throws {
        try await WebHarness.with { harness in
            try await ConsoleSample.deliver(to: harness)
            func list(_ query: String) async throws -> Answer {
                try await harness.get("/v1/customers?\(query)", key: .customers)
            }
            for id in [Self.uuid, Self.sub.replacing("|", with: "%7C")] {
                #expect(try await list("user=\(id)").ids == ["cus_new", "cus_old", "cus_team"])
            }
            #expect(try await list("organization=\(ConsoleSample.organization)").ids == ["cus_team"])
            #expect(try await list("user=nobody").ids == [])
            let first = try await list("limit=2")
            #expect(try first.ids == ["cus_grace", "cus_new"] && first.json["has_more"] == .bool(true))
            let second = try await list("limit=2&starting_after=cus_new")
            #expect(try second.ids == ["cus_old", "cus_team"] && second.json["has_more"] == .bool(false))
            #expect(try await list("account=\(ConsoleSample.account)").ids == ["cus_new", "cus_theirs"])
            #expect(try await list("user=a&organization=b").errorParameter == "organization")
        }
    }

    @Test(arguments: ["account=acct_1", "limit=2", "starting_after=cus_a"])
    func `what turns the pages of all customers is refused beside a user`(parameter: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/customers?user=a&\(parameter)", key: .customers)
            #expect(answer.status == 400 && answer.errorParameter.map(parameter.hasPrefix) == true)
        }
    }

    @Test func `metadata of a connected account's customer is no link, and a set link is`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(ConsoleSample.events)
            let path = "/v1/customers/cus_theirs?account=\(ConsoleSample.account)"
            #expect(links(try await harness.get(path, key: .customers)) == [])
            let body = #"{"users":["\#(Self.uuid)"],"account":"\#(ConsoleSample.account)"}"#
            #expect(links(try await harness.putCustomer("cus_theirs", body)) == ["api \(Self.uuid)"])
            #expect(links(try await harness.get(path, key: .customers)) == ["api \(Self.uuid)"])
            #expect(try await harness.get("/v1/customers/cus_theirs", key: .customers).status == 404)
        }
    }

    @Test func `a customer is shown with its addresses, and an unknown one is not found`() async throws {
        try await WebHarness.with { harness in
            let accounts = UsageSample.accounts(
                "cus_one",
                #"{"address":"akash1a","valid_from":"2026-03-13","valid_to":"2026-04-01"}"#
            )
            #expect(try await harness.putAccounts(accounts).status == 200)
            let answer = try await harness.get("/v1/customers/cus_one", key: .customers)
            let address = answer.json["addresses"]?[0]
            #expect(address?["address"] == "akash1a" && address?["origin"] == "api")
            #expect(address?["valid_from"] == "2026-03-13" && address?["valid_to"] == "2026-04-01")
            #expect(try await harness.get("/v1/customers/cus_none", key: .customers).status == 404)
        }
    }

    @Test func `an erased customer has no links`() async throws {
        try await WebHarness.with { harness in
            try await ConsoleSample.deliver(to: harness)
            let erasure = try await harness.post(
                "/v1/erasures",
                Array(#"{"customer":"cus_new"}"#.utf8),
                key: .ops
            )
            #expect(erasure.json["links"] == .integer(2))
            let again = try await harness.putCustomer("cus_new", #"{"users":["a"]}"#)
            #expect(again.status == 409 && again.errorCode == "customer_erased")
            let user = [TransportHeader("X-User-Id", Self.uuid)]
            let rows = try await harness.get("/v1/transactions", headers: user).ids
            #expect(Set(rows) == ["ch_old", "ch_team"])
        }
    }

    @Test(arguments: [
        ("", "body"), ("[]", "body"), ("{", "body"), (#"{"users":"a"}"#, "users"),
        (#"{"users":[1]}"#, "users"),
        (#"{"users":[""]}"#, "users"), (#"{"users":["a\u0000b"]}"#, "users"),
        (#"{"organizations":["a\nb"]}"#, "organizations"), (#"{"users":["caf\u00e9"]}"#, "users"),
        (#"{"users":[],"users":[]}"#, "users"),
        (#"{"account":"a b"}"#, "account"), (#"{"account":7}"#, "account"), (#"{"user":["a"]}"#, "user"),
        ("{\"users\":[\(Array(repeating: "\"a\"", count: 101).joined(separator: ","))]}", "users"),
        ("{\"users\":[\"\(String(repeating: "x", count: 256))\"]}", "users"),
    ])
    func `an invalid body is refused, and changes nothing`(
        body: String,
        parameter: String
    ) async throws {
        try await WebHarness.with { harness in
            #expect(try await harness.putCustomer("cus_one", #"{"users":["a"]}"#).status == 200)
            let answer = try await harness.putCustomer("cus_one", body)
            #expect(answer.status == 400 && answer.errorParameter == parameter, "\(answer.text)")
            #expect(links(try await harness.get("/v1/customers/cus_one", key: .customers)) == ["api a"])
        }
    }
}
