import HTTPClient
import StripeAPI
import Testing

@testable import Web

/// The credential of a caller.
enum Credentials: String, CaseIterable, Sendable {
    case rightKey, rightKeyAsConsoleSendsIt, noKey, wrongKey, wrongScope, bothHeaders, emptyBearer, basic
    case goodLink, otherRowsLink, expiredLink, alteredLink, alteredLinkWithRightKey
}

/// Every route with everything one may come with.
@Suite(.timeLimit(.minutes(5)))
struct AccessTests {
    private static let settings = {
        var settings = WebHarness.Settings()
        settings.receipts = ScriptedReceipts(link: "https://pay.stripe.com/receipts/fresh")
        settings.mailer = WillingMailer()
        return settings
    }()

    @Test func `the table has every route that the controllers register`() throws {
        let inSource = try RouteUnderTest.patternsInSource()
        #expect(Set(RouteUnderTest.all.map(\.pattern)) == inSource)
    }

    @Test(arguments: RouteUnderTest.all)
    func `a route answers to who may use it, and tells everybody else why not`(
        route: RouteUnderTest
    )
        async throws
    {
        try await WebHarness.with(Self.settings) { harness in
            try await harness.deliver(FeedSample.events + FeedSample.waiting)
            for credentials in Credentials.allCases {
                let answer = try await ask(route, with: credentials, harness)
                let (status, code) = expected(of: route, with: credentials)
                #expect(answer.status == status, "\(credentials)")
                if let code { #expect(answer.errorCode == code, "\(credentials)") }
            }
        }
    }

    private func ask(
        _ route: RouteUnderTest,
        with credentials: Credentials,
        _ harness: WebHarness
    ) async throws
        -> Answer
    {
        let key = route.key ?? .feed
        let other: TestKey = key == .ops ? .feed : .ops
        var headers: [TransportHeader] = []
        var query = ""
        switch credentials {
        case .noKey: break
        case .rightKey: headers = key.headers
        case .rightKeyAsConsoleSendsIt: headers = key.headersOfConsole
        case .wrongKey: headers = TestKey.unknown.headers
        case .wrongScope: headers = other.headers
        case .bothHeaders: headers = key.headers + key.headersOfConsole
        case .emptyBearer: headers = [TransportHeader("Authorization", "Bearer ")]
        case .basic: headers = [TransportHeader("Authorization", "Basic \(key.rawValue)")]
        case .goodLink: query = link(route, harness)
        case .otherRowsLink: query = link(route, harness, ofOther: true)
        case .expiredLink: query = link(route, harness, age: 900)
        case .alteredLink: query = String(link(route, harness).dropLast())
        case .alteredLinkWithRightKey:
            query = String(link(route, harness).dropLast())
            headers = key.headers
        }
        let path = query.isEmpty ? route.path : route.path + (route.path.contains("?") ? "&" : "?") + query
        return try await harness.send(route.emptyRequest, path, headers: headers)
    }

    /// The query of a signed link to the route, or for its purpose to another row.
    private func link(
        _ route: RouteUnderTest,
        _ harness: WebHarness,
        ofOther: Bool = false,
        age: Int64 = 0
    ) -> String {
        var purpose = TransactionLink.Purpose.receipt
        if case .keyOrLink(_, let made) = route.access { purpose = made }
        let own = purpose == .receipt ? "ch_a" : "pi_a"
        return harness.settings.linkSigner.query(
            .ofSample(ofOther ? own.replacing("_a", with: "_c") : own, for: purpose),
            now: harness.clock.now.adding(seconds: age.negatedClamped)
        )
    }

    private func expected(
        of route: RouteUnderTest,
        with credentials: Credentials
    ) -> (status: Int, code: String?) {
        if case .open = route.access { return (route.status, nil) }
        if case .session = route.access { return expectedOfPage(with: credentials) }
        var takesLinks = false
        if case .keyOrLink = route.access { takesLinks = true }
        return switch credentials {
        case .rightKey, .rightKeyAsConsoleSendsIt: (route.status, nil)
        case .noKey: (401, "api_key_missing")
        case .wrongKey: (401, "api_key_invalid")
        case .wrongScope: (403, "scope_missing")
        case .bothHeaders: (400, "credentials_ambiguous")
        case .emptyBearer, .basic: (401, "authorization_malformed")
        case .goodLink: takesLinks ? (route.status, nil) : (401, "api_key_missing")
        case .otherRowsLink, .alteredLink: takesLinks ? (403, "link_invalid") : (401, "api_key_missing")
        case .expiredLink: takesLinks ? (403, "link_expired") : (401, "api_key_missing")
        case .alteredLinkWithRightKey:
            // Routes that read only a query refuse unknown parameters; those without a query ignore them.
            takesLinks
                ? (403, "link_invalid") : route.readsQuery ? (400, "parameter_unknown") : (route.status, nil)
        }
    }

    /// A page belongs to a customer: a visitor without a session gets an explanation, and a key opens none.
    private func expectedOfPage(with credentials: Credentials) -> (status: Int, code: String?) {
        switch credentials {
        case .noKey, .goodLink, .otherRowsLink, .expiredLink, .alteredLink: (401, nil)
        case .wrongKey: (401, "api_key_invalid")
        case .bothHeaders: (400, "credentials_ambiguous")
        case .emptyBearer, .basic: (401, "authorization_malformed")
        case .rightKey, .rightKeyAsConsoleSendsIt, .wrongScope, .alteredLinkWithRightKey:
            (403, "session_required")
        }
    }

    @Test(arguments: [TestKey.feed, .ops, .usage, .unknown])
    func `a key is compared as a whole`(key: TestKey) async throws {
        try await WebHarness.with { harness in
            for text in [String(key.rawValue.dropLast()), key.rawValue + "x", key.rawValue.uppercased(), " "]
            {
                let header = TransportHeader("x-api-key", text)
                let answer = try await harness.send(.get, "/v1/transactions", headers: [header])
                #expect(answer.status == 401, "\(text)")
            }
        }
    }

    @Test func `a refused caller learns how to authenticate`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions", key: nil)
            #expect(answer.headers["WWW-Authenticate"] == "Bearer")
        }
    }

    @Test func `a caller without permission does not learn what exists`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let existing = try await harness.get("/v1/transactions/ch_a", key: nil)
            let missing = try await harness.get("/v1/transactions/ch_nobody", key: nil)
            #expect(existing.withoutRequestID == missing.withoutRequestID)
        }
    }
}
