import Billing
import Storage
import StripeAPI
import StripeStandIn
import TestSupport
import Testing
import BackgroundJobs

/// The object of a thin event is fetched, unless its snapshot twin showed it already.
@Suite(.timeLimit(.minutes(5)))
struct ThinEventFollowUpTests {
    private static let nothing = FetchSummary(pending: 0, gaveUp: 0, oldestDueAt: nil)
    private static let routes = ["GET /v2/core/events/:id", "GET /v1/charges/:id"]
    private static let thin = Objects.thinEvent("evt_thin", twin: "evt_snapshot")
    private static let snapshot = Objects.event("evt_snapshot", type: "charge.succeeded", Objects.charge())

    private static func rows(_ harness: JobHarness) async throws -> [Transaction] {
        try #require(try await harness.store.page(TransactionFilter(.anyCustomer), cursor: .start, limit: 9))
            .elements
    }

    @Test func `alone it is enough for a row`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Self.thin)
            try harness.standIn.put(Objects.charge())
            #expect(try await harness.record(Self.thin) == .recorded)
            harness.clock.advance(seconds: 14)
            #expect(try await harness.fetcher().workOnce() == 0, "its twin is given time to come")
            harness.clock.advance(seconds: 1)
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(try await Self.rows(harness).map(\.id) == ["pi_1"])
            #expect(harness.standIn.requests.map(\.route) == Self.routes)
            #expect(harness.standIn.requests.last?.trigger == "event=evt_thin")
            #expect(try await harness.store.fetches() == Self.nothing)
            #expect(try await harness.store.reprojectAll().changed == 0)
        }
    }

    @Test(arguments: [true, false])
    func `with its twin there is one effect, and the object is not fetched`(isFirst: Bool) async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Self.thin)
            try harness.standIn.put(Objects.charge())
            for body in isFirst ? [Self.thin, Self.snapshot] : [Self.snapshot, Self.thin] {
                #expect(try await harness.record(body) == .recorded)
            }
            harness.clock.advance(seconds: 15)
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(harness.standIn.requests.map(\.route) == [Self.routes[0]])
            #expect(try await Self.rows(harness).map(\.id) == ["pi_1"])
            #expect(try await harness.store.fetches() == Self.nothing)
        }
    }

    @Test func `a twin that comes after the object was fetched changes nothing`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Self.thin)
            try harness.standIn.put(Objects.charge())
            try await harness.record(Self.thin)
            harness.clock.advance(seconds: 15)
            try await harness.fetcher().workOnce()
            let rows = try await Self.rows(harness)
            try await harness.record(Self.snapshot)
            #expect(try await Self.rows(harness) == rows)
        }
    }

    @Test(arguments: [
        (Optional<String>.none, Optional<String>.none), ("evt_elsewhere", nil), ("evt_elsewhere", "acct_1"),
    ])
    func `a twin that never came, or is not named, leaves the object to be fetched`(
        twin: String?,
        account: String?
    ) async throws {
        try await JobHarness.with { harness in
            let thin = Objects.thinEvent("evt_thin", context: account, twin: twin)
            try harness.standIn.put(thin, account: account)
            try harness.standIn.put(Objects.charge(), account: account)
            try await harness.record(thin)
            harness.clock.advance(seconds: 15)
            try await harness.fetcher().workOnce()
            #expect(harness.standIn.requests.map(\.route) == Self.routes)
            #expect(harness.standIn.requests.map(\.context) == [account, nil])
            #expect(harness.standIn.requests.map(\.account) == [nil, account])
            #expect(try await Self.rows(harness).map(\.account) == [account])
        }
    }

    @Test func `an event that Stripe no longer shows leaves the object to be fetched`() async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            try await harness.record(Self.thin)
            harness.clock.advance(seconds: 15)
            try await harness.fetcher().workOnce()
            #expect(try await Self.rows(harness).map(\.id) == ["pi_1"])
        }
    }

    @Test func `an object that Stripe no longer has is given up, and Stripe down is waited for`() async throws
    {
        try await JobHarness.with { harness in
            try harness.standIn.put(Self.thin)
            try await harness.record(Self.thin)
            harness.clock.advance(seconds: 15)
            harness.standIn.fail(.serverError(shouldRetry: nil), times: 1)
            try await harness.fetcher().workOnce()
            #expect(try await harness.store.fetches().pending == 1)
            harness.clock.advance(seconds: 100)
            try await harness.fetcher().workOnce()
            #expect(try await harness.store.fetches().gaveUp == 1)
        }
    }

    @Test func `an object of another kind than it named is kept aside`() async throws {
        try await JobHarness.with { harness in
            let thin = Objects.thinEvent("evt_thin")
            try harness.standIn.put(Objects.charge())
            try await harness.record(thin)
            let transport = ScriptedTransport(["ch_1": #"{"id":"ch_1","object":"refund","amount":5}"#])
            let key = try StripeSecretKey(JobHarness.key).orThrow
            let fetcher = harness.fetcher(asking: StripeClient(transport: transport, key: key))
            harness.clock.advance(seconds: 15)
            #expect(try await fetcher.workOnce() == 1)
            let quarantined = try await harness.store.entries(EventQuery(disposition: .quarantined))
            #expect(quarantined?.elements.map(\.type) == ["charge.fetched"])
            #expect(try await Self.rows(harness).isEmpty)
        }
    }

    @Test(arguments: [
        "https://evil.example/v1/charges/ch_1", "//127.0.0.1/v1/charges/ch_1", "/v1/refunds/ch_1", "ch_1",
    ])
    func `one that names another place is fetched from where its kind is`(url: String) async throws {
        try await JobHarness.with { harness in
            try harness.standIn.put(Objects.charge())
            #expect(try await harness.record(Objects.thinEvent("evt_thin", at: url)) == .recorded)
            harness.clock.advance(seconds: 15)
            #expect(try await harness.fetcher().workOnce() == 1)
            #expect(harness.standIn.requests.map(\.route) == Self.routes)
            #expect(try await Self.rows(harness).map(\.id) == ["pi_1"])
        }
    }

    @Test(arguments: [
        "v1.customer.updated", "v1.charge.dispute.created", "v1.refund.updated", "v1.invoice.paid",
    ])
    func `the kinds that we read are fetched`(type: String) async throws {
        let objects = [
            "v1.customer.updated": ("customer", #"{"id":"x_1","object":"customer","metadata":{}}"#),
            "v1.charge.dispute.created": (
                "dispute",
                #"{"id":"x_1","object":"dispute","amount":1,"currency":"usd","created":5,"status":"won"}"#
            ),
            "v1.refund.updated": ("refund", Objects.refund("1").replacing("re_1", with: "x_1")),
            "v1.invoice.paid": ("invoice", Objects.invoice().replacing("in_1", with: "x_1")),
        ]
        let (kind, object) = try #require(objects[type])
        try await JobHarness.with { harness in
            try harness.standIn.put(object)
            let path = try #require(ObjectKind(rawValue: kind)).apiPath
            let thin = Objects.thinEvent("evt_thin", type: type, about: kind, at: "\(path)/x_1")
            #expect(try await harness.record(thin) == .recorded)
            harness.clock.advance(seconds: 15)
            try await harness.fetcher().workOnce()
            let entries = try #require(try await harness.store.entries(EventQuery())).elements
            let fetched = try #require(entries.first)
            #expect(fetched.source == .api && fetched.disposition == .projected && fetched.objectID == "x_1")
        }
    }
}
