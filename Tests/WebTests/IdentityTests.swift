import HTTPClient
import Testing

@testable import Web

/// Who sees what, with tokens, headers and customers as Console has them.
@Suite(.timeLimit(.minutes(5)))
struct IdentityTests {
    typealias Ada = ConsoleSample.Ada
    typealias Grace = ConsoleSample.Grace

    static let settings = {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        settings.mailer = WillingMailer()
        settings.tokenIssuer = TokenIssuer(
            rules: TokenSigner.rules,
            keys: ScriptedKeySource(.success(TokenSigner.keySet([.console]))).document
        )
        return settings
    }()

    private static func token(_ subject: String) -> [TransportHeader] {
        [bearer(TokenSigner.console.token(TokenSigner.claims(subject)))]
    }

    private static func named(_ user: String, key: TestKey) -> [TransportHeader] {
        key.headers + [TransportHeader("X-User-Id", user)]
    }

    /// A way in, and the ids of the rows that it leads to.
    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let headers: @Sendable (WebHarness) -> [TransportHeader]
        let rows: [String]

        init(
            _ description: String,
            _ rows: [String],
            _ headers: @escaping @Sendable (WebHarness) -> [TransportHeader]
        ) {
            testDescription = description
            self.headers = headers
            self.rows = rows
        }
    }

    static let ways = [
        Way("Ada's token", Ada.rows) { _ in token(Ada.sub) },
        Way("Ada's uuid", Ada.rows) { _ in named(Ada.uuid, key: .feed) },
        Way("Ada's sub beside a key", Ada.rows) { _ in named(Ada.sub, key: .feed) },
        Way("Ada's uuid beside a key for users", Ada.rows) { _ in named(Ada.uuid, key: .user) },
        Way("Grace's token", Grace.rows) { _ in token(Grace.sub) },
        Way("Grace's uuid", Grace.rows) { _ in named(Grace.uuid, key: .user) },
        Way("the organization", ["ch_team"]) { _ in
            TestKey.feed.headers + [TransportHeader("x-organization-id", ConsoleSample.organization)]
        },
        Way("Ada's token in the organization", ["ch_team"]) { _ in
            token(Ada.sub) + [TransportHeader("x-organization-id", ConsoleSample.organization)]
        },
        Way("a newcomer's token in the organization", []) { _ in
            token(ConsoleSample.newcomer)
                + [TransportHeader("x-organization-id", ConsoleSample.organization)]
        },
        Way("Ada's token in an unknown organization", []) { _ in
            token(Ada.sub) + [TransportHeader("x-organization-id", Ada.uuid)]
        },
        Way("a newcomer's token", []) { _ in token(ConsoleSample.newcomer) },
        Way("a newcomer beside a key", []) { _ in named(ConsoleSample.newcomer, key: .feed) },
        Way("a newcomer beside a key for users", []) { _ in named(ConsoleSample.newcomer, key: .user) },
        Way("a session of one of Ada's customers", ["ch_new"]) { [bearer($0.sessionToken("cus_new"))] },
        Way("a session of a connected account's customer of that id", ["ch_their_cus_new"]) {
            [bearer($0.sessionToken("cus_new", account: ConsoleSample.account))]
        },
    ]

    private static let all = Set(
        Ada.rows + Grace.rows + ["ch_their_cus_new", "ch_their_cus_theirs"]
    )

    @Test(arguments: ways)
    func `each user sees exactly their own rows, on every route of the feed`(way: Way) async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await ConsoleSample.deliver(to: harness)
            let headers = way.headers(harness)
            func get(_ path: String) async throws -> Answer {
                try await harness.get(path, key: nil, headers: headers)
            }
            let own = Set(way.rows)
            #expect(Set(try await get("/v1/transactions?limit=100").ids) == own)
            for id in Self.all {
                for path in ["", "/receipt", "/receipt/print"] {
                    let status = try await get("/v1/transactions/\(id)\(path)").status
                    #expect(
                        status == (own.contains(id) ? path == "/receipt" ? 302 : 200 : 404),
                        "\(id)\(path)"
                    )
                }
                let email = try await harness.post("/v1/transactions/\(id)/receipt/email", headers: headers)
                #expect(email.status == (own.contains(id) ? 200 : 404), "\(id) by e-mail")
                // A row that is another's is no place to page from.
                let page = try await get("/v1/transactions?starting_after=\(id)")
                #expect(page.status == (own.contains(id) ? 200 : 400), "from \(id)")
            }
            #expect(Set(try await get("/v1/transactions/export").csv.column("ID")) == own)
            let consoles = try await get("/v1/stripe/transactions")
            #expect(consoles.json["data"]?["totalCount"] == .integer(Int64(own.count)))
            let range = "startDate=2026-01-01T00:00:00Z&endDate=2026-12-31T00:00:00Z"
            let file = try await get("/v1/stripe/transactions/export?timezone=UTC&\(range)").csv.column(
                "Transaction ID"
            )
            #expect(Set(file).filter { !$0.hasPrefix("No transactions") } == own)
            let balance = try await get("/v1/balance")
            #expect(balance.status == 200)
            #expect(
                balance.json["balances"]?[0]?["purchases"]?.string
                    == (own.isEmpty ? "0" : "\(own.count * 25)"),
                "\(balance.text)"
            )
            #expect(try await get("/v1/balance/history").status == 200)
            #expect(try await get("/v1/usage/daily").status == 200)
            #expect(try await get("/v1/usage/monthly").status == 200)
        }
    }

    @Test func `without a link, both ids find the customers of Stripe's metadata`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await harness.deliver(ConsoleSample.events)
            for (headers, rows) in [
                (Self.token(Ada.sub), ["ch_old"]), (Self.named(Ada.uuid, key: .feed), ["ch_new"]),
                (Self.token(Grace.sub), []),
            ] {
                #expect(try await harness.get("/v1/transactions", key: nil, headers: headers).ids == rows)
            }
        }
    }

    @Test func `a customer belongs to our own account unless another is named`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await ConsoleSample.deliver(to: harness)
            #expect(try await harness.ids("/v1/transactions?customer=cus_new") == ["ch_new"])
            let theirs = "customer=cus_new&account=\(ConsoleSample.account)"
            #expect(try await harness.ids("/v1/transactions?\(theirs)") == ["ch_their_cus_new"])
            #expect(try await harness.get("/v1/balance?\(theirs)").status == 200)
            let token = Self.token(Ada.sub)
            let answer = try await harness.get("/v1/transactions?\(theirs)", key: nil, headers: token)
            #expect(answer.status == 404)
            let alone = try await harness.get("/v1/transactions?account=\(ConsoleSample.account)")
            #expect(alone.errorParameter == "account")
        }
    }

    @Test func `sessions are made for what the header allows, and for either account`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await ConsoleSample.deliver(to: harness)
            func begin(_ body: String, _ headers: [TransportHeader]) async throws -> Answer {
                try await harness.post(
                    "/v1/customer_sessions",
                    Array(body.utf8),
                    key: .sessions,
                    headers: headers
                )
            }
            let ada = [TransportHeader("X-User-Id", Ada.uuid)]
            #expect(try await begin(#"{"customer":"cus_new"}"#, ada).status == 200)
            #expect(try await begin(#"{"customer":"cus_grace"}"#, ada).status == 404)
            #expect(try await begin(#"{"customer":"cus_grace"}"#, []).status == 200)
            let theirs = #"{"customer":"cus_new","account":"\#(ConsoleSample.account)"}"#
            #expect(try await begin(theirs, ada).status == 404)
            let token = try await begin(theirs, []).json["token"]?.string ?? ""
            let rows = try await harness.get("/v1/transactions", key: nil, headers: [bearer(token)]).ids
            #expect(rows == ["ch_their_cus_new"])
            let bad = try await begin(#"{"customer":"cus_new","account":"a b"}"#, [])
            #expect(bad.errorParameter == "account")
        }
    }

    @Test func `a receipt's link is valid only for its customer`() async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await ConsoleSample.deliver(to: harness)
            let signer = harness.settings.linkSigner
            for (customer, account, status) in [
                ("cus_new", nil, 302), ("cus_old", nil, 403), ("cus_new", ConsoleSample.account, 403),
            ] as [(String, String?, Int)] {
                let link = TransactionLink(
                    transaction: "ch_new",
                    owner: .init(customer, account: account),
                    purpose: .receipt
                )
                let path = try harness.path(ofLink: signer.receiptLink(link, now: harness.clock.now))
                #expect(try await harness.get(path, key: nil).status == status, "\(customer)")
            }
        }
    }

    @Test(arguments: [
        ("X-User-Id", ""), ("X-User-Id", String(repeating: "x", count: 256)), ("x-organization-id", ""),
    ])
    func `a header that can be no id is refused`(name: String, value: String) async throws {
        try await WebHarness.with(Self.settings) { harness in
            let header = [TransportHeader(name, value)]
            let answer = try await harness.get("/v1/transactions", headers: header)
            #expect(answer.status == 400 && answer.errorParameter?.lowercased() == name.lowercased())
            let twice = [TransportHeader(name, "a"), TransportHeader(name, "b")]
            #expect(try await harness.get("/v1/transactions", headers: twice).status == 400)
        }
    }
}
