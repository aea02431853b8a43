import Billing
import HTTPClient
import Testing

@testable import Web

/// The cookie, the entry to the page, and the requests allowed with only a cookie.
@Suite(.timeLimit(.minutes(5)))
struct SessionCookieTests {
    @Test(arguments: [
        (
            "https://billing.example.com", false,
            "__Host-billing_session=T; Max-Age=604860; Path=/; Secure; HttpOnly; SameSite=Lax"
        ),
        (
            "https://billing.example.com", true,
            "__Host-billing_session=T; Max-Age=604860; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
        ),
        ("http://127.0.0.1:3080", false, "billing_session=T; Max-Age=604860; Path=/; HttpOnly; SameSite=Lax"),
        ("http://127.0.0.1:3080", true, "billing_session=T; Max-Age=604860; Path=/; HttpOnly; SameSite=Lax"),
    ])
    func `is kept as strictly as the way to us allows`(publicURL: String, isFramed: Bool, line: String) {
        let cookie = SessionCookie(publicURL: publicURL, isFramed: isFramed)
        let now = TestClock.start
        #expect(cookie.setting("T", until: now.adding(seconds: 60), now: now) == line)
        let clearing = line.replacing("=T;", with: "=;").replacing("Max-Age=604860", with: "Max-Age=0")
        #expect(cookie.clearing == clearing)
    }

    @Test func `services under several paths of one host keep theirs apart`() {
        func cookie(_ url: String) -> SessionCookie { SessionCookie(publicURL: url, isFramed: false) }
        let bases = ["", "/a", "/b", "/a/b"].map { "https://example.com" + $0 }
        let names = Set(bases.map { cookie($0).name })
        #expect(names.count == bases.count && names.allSatisfy { $0.hasPrefix("__Host-billing_session") })
        #expect(cookie("https://example.com/a").name == cookie("https://example.com/a").name)
        #expect(cookie("http://127.0.0.1:3080/a").name != cookie("http://127.0.0.1:3080").name)
        let clearing = cookie("https://example.com/a").clearing
        #expect(clearing.hasPrefix(cookie("https://example.com/a").name + "=; Max-Age=0; Path=/; Secure"))
    }

    @Test func `opens what the token opens`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let cookie = [harness.cookie(harness.sessionToken("cus_two"))]
            #expect(
                try await harness.get("/v1/transactions", key: nil, headers: cookie).ids == ["ch_c", "ch_d"]
            )
            #expect(try await harness.get("/v1/transactions/ch_a", key: nil, headers: cookie).status == 404)
        }
    }

    @Test func `an expired one is distinguished from a forged one`() async throws {
        try await WebHarness.with { harness in
            let old = harness.sessionToken(age: 3600)
            let answer = try await harness.get("/v1/transactions", key: nil, headers: [harness.cookie(old)])
            #expect(answer.status == 401 && answer.errorCode == "session_expired")
            let made = try await harness.get("/v1/transactions", key: nil, headers: [harness.cookie("x")])
            #expect(made.status == 401 && made.errorCode == "session_invalid")
        }
    }

    @Test func `of several the good one counts`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let (old, good) = (harness.sessionToken(age: 7200), harness.sessionToken("cus_two"))
            let name = "__Host-billing_session"
            let both = TransportHeader("Cookie", "\(name)=\(old);\(name)=\(good); \(name)=")
            #expect(
                try await harness.get("/v1/transactions", key: nil, headers: [both]).ids == ["ch_c", "ch_d"]
            )
        }
    }

    @Test func `under another name it opens nothing`() async throws {
        try await WebHarness.with { harness in
            let token = harness.sessionToken()
            for name in ["billing_session", "__host-billing_session", "x__Host-billing_session"] {
                let header = TransportHeader("Cookie", "\(name)=\(token)")
                let answer = try await harness.get("/v1/transactions", key: nil, headers: [header])
                #expect(answer.status == 401 && answer.errorCode == "api_key_missing")
            }
        }
    }

    @Test func `an Authorization header wins over the cookie, valid or not`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let cookie = harness.cookie(harness.sessionToken("cus_two"))
            let path = "/v1/transactions/ch_a"
            #expect(try await harness.get(path, key: .feed, headers: [cookie]).status == 200)
            #expect(try await harness.get(path, key: .unknown, headers: [cookie]).status == 401)
            #expect(try await harness.get("/v1/transactions", key: .ops, headers: [cookie]).status == 403)
            let other = bearer(harness.sessionToken("cus_one"))
            #expect(try await harness.get(path, key: nil, headers: [cookie, other]).status == 200)
            let nothing = TransportHeader("Authorization", "Basic x")
            #expect(
                try await harness.get("/v1/transactions", key: nil, headers: [cookie, nothing]).status == 401
            )
        }
    }

    @Test func `a signed link is looked at before the cookie`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let cookie = [harness.cookie(harness.sessionToken("cus_two"))]
            let link = try await harness.receiptPath("ch_a") + "&format=html"
            let print = link.replacing("/receipt?", with: "/receipt/print?").replacing(
                "&format=html",
                with: ""
            )
            #expect(try await harness.get(print, key: nil, headers: cookie).status == 200)
            #expect(try await harness.get(print + "0", key: nil, headers: cookie).status == 403)
        }
    }
}

/// Requests that change something must come from our own page.
@Suite(.timeLimit(.minutes(5)))
struct CrossSiteTests {
    private static let email = "/v1/transactions/ch_a/receipt/email"
    private static let settings = {
        var settings = WebHarness.Settings()
        settings.mailer = WillingMailer()
        return settings
    }()

    struct Sent: Sendable, CustomTestStringConvertible {
        var site: String?
        var origin: String?
        var type: String? = "application/json"
        let passes: Bool

        var testDescription: String { "\(site ?? "-") \(origin ?? "-") \(type ?? "-")" }

        var headers: [TransportHeader] {
            [("Sec-Fetch-Site", site), ("Origin", origin), ("Content-Type", type)].compactMap { name, value in
                value.map { TransportHeader(name, $0) }
            }
        }
    }

    @Test(arguments: [
        Sent(site: "same-origin", origin: "https://billing.example.com", passes: true),
        // A page that sends no referrer.
        Sent(site: "same-origin", origin: "null", passes: true),
        Sent(site: "same-origin", type: "application/json; charset=utf-8", passes: true),
        Sent(site: "same-origin", type: "Application/JSON", passes: true),
        // A browser that is too old to tell more.
        Sent(origin: "https://billing.example.com", passes: true),
        Sent(origin: "https://billing.example.com:443", passes: true),

        Sent(passes: false),
        Sent(site: "none", passes: false),
        Sent(site: "same-site", origin: "https://evil.example.com", passes: false),
        Sent(site: "cross-site", origin: "https://billing.example.com", passes: false),
        Sent(site: "cross-site", origin: "https://evil.example", passes: false),
        Sent(origin: "https://evil.example", passes: false),
        Sent(origin: "http://billing.example.com", passes: false),
        Sent(origin: "https://billing.example.com.evil.example", passes: false),
        Sent(origin: "https://billing.example.com:8443", passes: false),
        Sent(origin: "null", passes: false),
        // The content types that a form can send.
        Sent(site: "same-origin", type: "text/plain", passes: false),
        Sent(site: "same-origin", type: "application/x-www-form-urlencoded", passes: false),
        Sent(site: "same-origin", type: "multipart/form-data; boundary=application/json", passes: false),
        Sent(site: "same-origin", type: "text/plain; application/json", passes: false),
        Sent(site: "same-origin", type: nil, passes: false),
    ])
    func `with a cookie alone, a receipt is e-mailed for our own page only`(sent: Sent) async throws {
        try await WebHarness.with(Self.settings) { harness in
            try await harness.deliver(FeedSample.events)
            let token = harness.sessionToken()
            let answer = try await harness.post(
                Self.email,
                Array("{}".utf8),
                headers: sent.headers + [harness.cookie(token)]
            )
            #expect(answer.status == (sent.passes ? 200 : 403), "\(answer.text)")
            if !sent.passes { #expect(answer.errorCode == "request_cross_site") }
            // Who writes a header is no victim of another site.
            let deliberate = try await harness.post(
                Self.email,
                Array("{}".utf8),
                headers: sent.headers + [bearer(token), harness.cookie(token)]
            )
            #expect(deliberate.status == 200)
        }
    }

    @Test func `a form's token is valid for its own session, under any listed secret`() {
        var old = WebHarness.Settings()
        old.linkSecrets = ["the secret before, of at least 32 bytes"]
        var both = WebHarness.Settings()
        both.linkSecrets = [WebHarness.linkSecret, old.linkSecrets[0]]
        let signer = both.sessionSigner
        let mine = signer.token(for: signer.session(of: "cus_one", now: TestClock.start))
        let theirs = signer.token(for: signer.session(of: "cus_two", now: TestClock.start))
        #expect(signer.isFormToken(signer.formToken(for: mine), for: mine))
        #expect(signer.isFormToken(old.sessionSigner.formToken(for: mine), for: mine))
        #expect(!signer.isFormToken(signer.formToken(for: theirs), for: mine))
        for text in ["", "0", String(mine.suffix(64)), String(repeating: "0", count: 64)] {
            #expect(!signer.isFormToken(text, for: mine))
        }
    }
}
