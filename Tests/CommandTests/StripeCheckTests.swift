import Billing
import HTTPClient
import StripeAPI
import StripeStandIn
import Testing

@testable import ConsoleBilling

/// The checks of `doctor` at Stripe.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct StripeCheckTests {
    private static let url = "https://billing.example.com/v1/stripe-webhook"
    private static let permissions: Set<String> = [
        "rak_event_read", "rak_charge_write", "rak_payment_intent_read", "rak_dispute_read",
        "rak_invoice_read", "rak_customer_read", "rak_webhook_read",
    ]

    private static func results(
        at standIn: StripeStandIn,
        key: String = "sk_test_standin",
        livemode: Bool? = nil,
        account: String? = nil,
        ahead: Int64 = 0,
        totalTimeout: Duration = .seconds(60)
    ) async throws -> [String: CheckResult] {
        let transport = try CurlTransport()
        let check = StripeCheck(
            key: StripeSecretKey(key),
            base: try StripeAPIBase(standIn.baseURL),
            version: .pinned,
            livemode: livemode,
            account: account,
            endpoint: url,
            transport: transport,
            now: { .now.adding(seconds: ahead) },
            limits: TransportLimits(totalTimeout: totalTimeout, maxBodyBytes: 1 << 20)
        )
        let results = await check.results()
        await transport.shutdown()
        for result in results { #expect(!result.sentence.contains(key)) }
        return Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0) })
    }

    private static func register(
        _ standIn: StripeStandIn,
        url: String = url,
        events: [String] = ["*"],
        version: String? = StripeAPIVersion.pinned.text,
        status: String = "enabled"
    ) throws {
        try standIn.put(
            endpoint: "we_1",
            url: url,
            enabledEvents: events,
            apiVersion: version,
            status: status
        )
    }

    @Test func `a key and an endpoint that are as they should be are well in every respect`() async throws {
        try await StripeStandIn.with { standIn in
            try Self.register(standIn)
            let results = try await Self.results(at: standIn)
            #expect(results.values.allSatisfy { $0.state == .good }, "\(results)")
            #expect(results.count >= KeyPermission.all.count + 6)
            #expect(standIn.sentReceipts.isEmpty)
        }
    }

    // MARK: Permissions

    @Test func `a restricted key with what we need is enough`() async throws {
        let key = APIKey("rk_test_enough", permissions: Self.permissions)
        try await StripeStandIn.with(.init(furtherKeys: [key])) { standIn in
            try Self.register(standIn)
            let results = try await Self.results(at: standIn, key: key.text)
            #expect(results.values.allSatisfy { $0.state == .good }, "\(results)")
        }
    }

    @Test(
        arguments: [
            ("rak_event_read", ["events"], CheckResult.State.bad),
            ("rak_payment_intent_read", ["payment_intents"], .bad), ("rak_dispute_read", ["disputes"], .bad),
            ("rak_invoice_read", ["invoices", "invoice_payments"], .bad),
            ("rak_customer_read", ["customers"], .bad),
            ("rak_webhook_read", ["webhook_endpoints"], .advice),
            ("rak_charge_write", ["charges", "refunds", "charges.write"], .bad),
        ]
    )
    func `a permission that is lacking is named`(
        permission: String,
        tags: [String],
        state: CheckResult.State
    )
        async throws
    {
        let key = APIKey("rk_test_lacking", permissions: Self.permissions.subtracting([permission]))
        try await StripeStandIn.with(.init(furtherKeys: [key])) { standIn in
            let results = try await Self.results(at: standIn, key: key.text)
            for permission in KeyPermission.all {
                let result = try #require(results["stripe.key.\(permission.tag)"])
                guard tags.contains(permission.tag) else {
                    #expect(result.state == .good, "\(result)")
                    continue
                }
                #expect(result.state == (permission.writes ? .advice : state), "\(result)")
                #expect(result.sentence.contains("(rak_"), "\(result)")
            }
            #expect(results["stripe.api"]?.state == .good)
            let isHidden = permission == "rak_webhook_read"
            #expect((results["stripe.endpoint"]?.state == .skipped) == isHidden)
        }
    }

    @Test func `a key that may read but not write is only advised`() async throws {
        let reading = Self.permissions.subtracting(["rak_charge_write"]).union(["rak_charge_read"])
        let key = APIKey("rk_test_reading", permissions: reading)
        try await StripeStandIn.with(.init(furtherKeys: [key])) { standIn in
            try Self.register(standIn)
            let results = try await Self.results(at: standIn, key: key.text)
            #expect(results["stripe.key.charges.write"]?.state == .advice)
            #expect(!results.values.contains { $0.state == .bad }, "\(results)")
        }
    }

    // MARK: Organisations

    private static let organization = StripeStandIn.Configuration(
        furtherKeys: [APIKey("sk_org_standin")],
        connectedAccounts: ["acct_1", "acct_platform/acct_2"]
    )

    @Test func `an organisation's key without an account sends no request, and the account is asked for`()
        async throws
    {
        try await StripeStandIn.with(Self.organization) { standIn in
            let results = try await Self.results(at: standIn, key: "sk_org_standin")
            #expect(results.keys.sorted() == ["stripe.api", "stripe.key"])
            #expect(results["stripe.key"]?.sentence.contains("STRIPE_LIVEMODE") == true)
            #expect(results["stripe.api"]?.state == .skipped)
            #expect(results["stripe.api"]?.sentence.contains("--account") == true)
            #expect(standIn.requests.isEmpty)
        }
    }

    @Test(arguments: ["acct_1", "acct_platform/acct_2"])
    func `an organisation's key is looked at on behalf of an account`(account: String) async throws {
        try await StripeStandIn.with(Self.organization) { standIn in
            let results = try await Self.results(
                at: standIn,
                key: "sk_org_standin",
                livemode: true,
                account: account
            )
            #expect(!results.values.contains { [.bad, .advice].contains($0.state) }, "\(results)")
            #expect(results["stripe.endpoint"]?.state == .skipped)
            #expect(!standIn.requests.isEmpty)
            #expect(standIn.requests.allSatisfy { $0.context == account && $0.account == nil })
            #expect(standIn.requests.allSatisfy { $0.version == StripeAPIVersion.pinned.text })
        }
    }

    @Test(arguments: ["sk_org_standin", "sk_test_standin"])
    func `an account that the key does not reach is one finding`(key: String) async throws {
        try await StripeStandIn.with(Self.organization) { standIn in
            let results = try await Self.results(at: standIn, key: key, account: "acct_3")
            let bad = results.values.filter { $0.state == .bad }
            #expect(bad.map(\.name) == ["stripe.api"], "\(bad)")
            #expect(results["stripe.api"]?.sentence.contains("acct_3") == true)
        }
    }

    // MARK: Requests

    @Test func `asks with the parameters of a backfill`() async throws {
        try await StripeStandIn.with { standIn in
            _ = try await Self.results(at: standIn)
            let lists = standIn.requests.filter {
                $0.route.hasPrefix("GET") && $0.route != "GET /v1/webhook_endpoints"
            }
            #expect(lists.count == 8)
            #expect(lists.allSatisfy { $0.target.contains("created") }, "\(lists.map(\.target))")
            let events = try #require(lists.first { $0.route == "GET /v1/events" })
            #expect(events.target.contains("types") && events.target.contains("delivery_success=false"))
        }
    }

    // MARK: Stripe in trouble

    @Test(arguments: [
        (Fault.down, "cannot be reached"), (.garbage, "STRIPE_API_BASE"), (.truncated, "STRIPE_API_BASE"),
        (.rateLimited(reason: "global-rate"), "Try again later"),
        (.serverError(shouldRetry: nil), "Try again later"), (.expiredKey, "does not know our key"),
    ])
    func `Stripe in trouble is one finding, and not one for each question`(
        fault: Fault,
        words: String
    )
        async throws
    {
        try await StripeStandIn.with { standIn in
            standIn.fail(fault)
            let results = try await Self.results(at: standIn)
            #expect(results["stripe.api"]?.state == .bad)
            #expect(results["stripe.api"]?.sentence.contains(words) == true, "\(results)")
            let bad = results.values.filter { $0.state == .bad }
            #expect(bad.count == 1, "\(bad)")
        }
    }

    @Test func `Stripe that never answers is waited for once, and all questions at the same time`()
        async throws
    {
        try await StripeStandIn.with { standIn in
            standIn.fail(.held)
            let check = Task {
                try await Self.results(at: standIn, totalTimeout: .seconds(2))
            }
            await standIn.untilHolding(KeyPermission.all.count)
            // No request is cancelled: each ends by its own limit.
            let results = try await check.value
            #expect(results["stripe.api"]?.sentence.contains("cannot be reached") == true)
            standIn.release()
        }
    }

    // MARK: Modes and clocks

    @Test func `a key of the other mode is found`() async throws {
        try await StripeStandIn.with { standIn in
            let results = try await Self.results(at: standIn, livemode: true)
            #expect(results["stripe.key"]?.state == .bad)
        }
    }

    @Test(
        arguments: [(0, CheckResult.State.good), (-3600, .bad), (3600, .bad)] as [(Int64, CheckResult.State)]
    )
    func `our clock is held against Stripe's`(ahead: Int64, state: CheckResult.State) async throws {
        try await StripeStandIn.with { standIn in
            let results = try await Self.results(at: standIn, ahead: ahead)
            #expect(results["clock.skew"]?.state == state)
        }
    }

    // MARK: The endpoint

    private static func endpoint(
        _ url: String = url,
        events: [String] = ["*"],
        version: String? = StripeAPIVersion.pinned.text,
        status: String = "enabled",
        id: String = "we_1"
    ) -> RegisteredEndpoint {
        RegisteredEndpoint(
            id: id,
            url: url,
            enabledEvents: events,
            apiVersion: version,
            status: status,
            livemode: false
        )
    }

    private static func examine(_ endpoints: [RegisteredEndpoint], url: String = url) -> [CheckResult] {
        EndpointCheck(url: url, types: EventFamily.projectedTypes, version: .pinned).results(endpoints)
    }

    @Test(arguments: [
        url, "HTTPS://Billing.Example.com:443/v1/stripe-webhook",
        "https://billing.example.com/v1/stripe-webhook/",
        "https://billing.example.com/v1/stripe-webhook?version=2024-04-10",
        "https://billing.example.com/v1/stripe-webhook/?a=https://x.example/?b",
    ])
    func `the endpoint is ours by its URL, however that is spelt`(url: String) {
        let results = Self.examine([Self.endpoint("https://elsewhere.example.com/hook"), Self.endpoint(url)])
        #expect(results.map(\.state) == [.good, .good, .good], "\(results)")
    }

    @Test func `one whose URL is nearly ours is shown`() throws {
        let results = Self.examine([
            Self.endpoint("https://example.org/"),
            Self.endpoint("https://billing.example.com/v1/stripe/webhook"),
        ])
        let result = try #require(results.first)
        #expect(results.count == 1 && result.state == .bad)
        #expect(result.sentence.contains("https://billing.example.com/v1/stripe/webhook"))
    }

    @Test func `where there is none near, it says how to register ours`() throws {
        for endpoints in [[], [Self.endpoint("https://x.example/")]] {
            let result = try #require(Self.examine(endpoints).first)
            #expect(result.state == .bad)
            #expect(result.sentence.contains(Self.url) && result.sentence.contains("Register"))
        }
    }

    @Test func `a URL that Stripe cannot reach is no fault of the endpoint's`() throws {
        let result = try #require(Self.examine([], url: "http://127.0.0.1:3080/v1/stripe-webhook").first)
        #expect(result.state == .skipped)
        #expect(result.sentence.contains("stripe listen"))
    }

    @Test func `one that Stripe disabled is to be enabled`() throws {
        let result = try #require(Self.examine([Self.endpoint(status: "disabled")]).first)
        #expect(result.state == .bad)
        #expect(result.sentence.contains("disabled"))
        let both = [Self.endpoint(status: "disabled"), Self.endpoint(id: "we_2")]
        #expect(Self.examine(both).map(\.state) == [.good, .good, .good], "another one has the same URL")
    }

    @Test func `types that it is not sent are named`() throws {
        let types = EventFamily.projectedTypes.filter { !["refund.failed", "charge.refunded"].contains($0) }
        let result = try #require(
            Self.examine([Self.endpoint(events: types + ["payout.paid"])])
                .first { $0.name == "stripe.endpoint.events" }
        )
        #expect(result.state == .bad)
        #expect(result.sentence.contains("charge.refunded, refund.failed."))
        #expect(!result.sentence.contains("charge.succeeded"))
        let two = [
            Self.endpoint(events: types), Self.endpoint(events: ["refund.failed", "charge.refunded"]),
        ]
        #expect(Self.examine(two).map(\.state) == [.good, .good, .good], "two endpoints share them")
    }

    @Test(arguments: [
        "https://elsewhere.example.com/?https://billing.example.com/v1/stripe-webhook",
        "https://billing.example.com/v1/stripe-webhook2?version=1",
        "https://billing.example.com?/v1/stripe-webhook",
    ])
    func `a query makes no other URL ours`(url: String) {
        #expect(Self.examine([Self.endpoint(url)]).map(\.state) == [.bad])
    }

    @Test(
        arguments: [
            ("2024-04-10", "enabled", CheckResult.State.advice), ("2024-04-10", "disabled", .good),
            (nil, "enabled", .advice), (StripeAPIVersion.pinned.text, "enabled", .good),
        ] as [(String?, String, CheckResult.State)]
    )
    func `the version of each endpoint is shown, and differing enabled ones are reported`(
        version: String?,
        status: String,
        state: CheckResult.State
    ) throws {
        let results = Self.examine([
            Self.endpoint(),
            Self.endpoint(Self.url + "?version=2", version: version, status: status, id: "we_2"),
            Self.endpoint("https://elsewhere.example.com/", version: "2019-09-09", id: "we_3"),
        ])
        let result = try #require(results.first { $0.name == "stripe.endpoint.version" })
        #expect(results.count == 3 && result.state == state)
        let words = [
            "we_1", StripeAPIVersion.pinned.text, "we_2", "?version=2", version ?? "the account's own",
        ]
        for word in words { #expect(result.sentence.contains(word), "\(result.sentence)") }
        #expect(!result.sentence.contains("we_3"))
        #expect(result.sentence.contains("upgrade") == (state == .advice))
        #expect(results.first?.sentence.contains("we_2") == (status == "enabled"))
    }

    @Test(
        arguments: [
            (StripeAPIVersion.pinned.text, CheckResult.State.good), ("2022-11-15", .advice), (nil, .advice),
        ] as [(String?, CheckResult.State)]
    )
    func `its version is held against ours`(version: String?, state: CheckResult.State) throws {
        let results = Self.examine([Self.endpoint(version: version)])
        #expect(results.first { $0.name == "stripe.endpoint.version" }?.state == state)
    }
}
