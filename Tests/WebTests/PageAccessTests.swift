import Billing
import HTTPTypes
import Hummingbird
import Logging
import NIOEmbedded
import Storage
import Testing

@testable import Web

/// Who visits the page, and how a session gets from an address into a cookie.
struct PageAccessTests {
    private let now = TestClock.start
    private let settings = WebHarness.Settings()

    private var signer: SessionSigner { settings.sessionSigner }

    private var authenticator: Authenticator {
        Authenticator(
            publicURL: settings.publicURL,
            cookie: SessionCookie(publicURL: settings.publicURL, isFramed: false),
            // No store is asked for a session.
            customers: StoreOutage(code: .closed)
        )
    }

    /// A request's way that began now, with the secrets of the tests.
    private func context() throws -> AppContext {
        var context = AppContext(
            source: ApplicationRequestContextSource(
                channel: EmbeddedChannel(),
                logger: Logger(label: "visits") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        context.now = now
        context.secrets = try settings.secrets().active
        return context
    }

    private func token(age: Int64 = 0) -> String {
        let back = "https://console.akash.network/"
        return signer.token(
            for: signer.session(of: "cus_one", returnURL: back, now: now.adding(seconds: age.negatedClamped))
        )
    }

    private func link(age: Int64 = 0) -> String {
        let back = "https://console.akash.network/"
        let begun = now.adding(seconds: age.negatedClamped)
        return signer.linkToken(for: signer.session(of: "cus_one", returnURL: back, now: begun))
    }

    private func request(
        _ path: String,
        _ method: HTTPRequest.Method = .get,
        _ headers: HTTPFields = [:]
    ) -> Request {
        Request(
            head: HTTPRequest(
                method: method,
                scheme: "http",
                authority: "localhost",
                path: path,
                headerFields: headers
            ),
            body: .init(buffer: .init())
        )
    }

    private func cookie(_ token: String) -> HTTPFields { [.cookie: "__Host-billing_session=\(token)"] }

    @Test(arguments: [
        ("/billing?session=", "", "billing"),
        ("/billing?tab=usage&session=", "&from=2026-01-01", "billing?tab=usage&from=2026-01-01"),
        ("/under/a/path/billing?session=", "", "billing"), ("/billing?session=", "&session=x", "billing"),
    ])
    func `an address with a session leads to itself without, and the cookie is set`(
        before: String,
        after: String,
        target: String
    ) async throws {
        let token = token(age: 600)
        guard
            case .enters(let redirect) = try await authenticator.sessionRedirect(
                request(before + link(age: 600) + after),
                try context(),
                links: UnusedLinks()
            )
        else {
            Issue.record("not taken")
            return
        }
        #expect(redirect.status == .seeOther && redirect.headers[.location] == target)
        #expect(
            redirect.headers[.setCookie]
                == "__Host-billing_session=\(token); Max-Age=607800; Path=/; Secure; HttpOnly; SameSite=Lax"
        )
        #expect(redirect.headers[.cacheControl] == "no-store")
        #expect(redirect.headers[.referrerPolicy] == "no-referrer")
    }

    @Test func `an expired or forged session is refused with its reason, and no cookie is set`() async throws
    {
        let back = "https://console.akash.network/"
        for (token, fault) in [
            (link(age: 3600), SessionFault(reason: .expired, returnURL: back)),
            (link() + "0", SessionFault(reason: .forged, returnURL: nil)),
            (token(), SessionFault(reason: .forged, returnURL: nil)),
            ("", SessionFault(reason: .forged, returnURL: nil)),
        ] {
            let arrival = try await authenticator.sessionRedirect(
                request("/billing?session=\(token)"),
                try context(),
                links: UnusedLinks()
            )
            guard case .refused(fault) = arrival else {
                Issue.record("\(fault)")
                continue
            }
        }
    }

    @Test(arguments: ["/billing", "/billing?", "/billing?tab=usage", "/billing?xsession=1"])
    func `one without a session is no arrival`(path: String) async throws {
        let arrival = try await authenticator.sessionRedirect(
            request(path),
            try context(),
            links: UnusedLinks()
        )
        if arrival != nil { Issue.record("\(path)") }
    }

    @Test func `who comes with the cookie sees their own, and can send the page's forms`() async throws {
        let token = token()
        let pageAccess = try await authenticator.pageAccess(
            of: request("/billing", .get, cookie(token)),
            context()
        )
        guard case .visitor(let visitor) = pageAccess else {
            Issue.record("\(pageAccess)")
            return
        }
        #expect(visitor.caller.accessScope == .customers([CustomerKey("cus_one", account: nil)]))
        #expect(visitor.session?.returnURL == "https://console.akash.network/")
        let form = try #require(visitor.formToken)

        var headers = cookie(token)
        headers[.contentType] = "application/x-www-form-urlencoded"
        headers[.secFetchSite] = "same-origin"
        let post = request("/billing/email", .post, headers)
        let caller = try await authenticator.caller(of: post, needing: .feedRead, context(), formToken: form)
        #expect(caller.accessScope == visitor.caller.accessScope)
        headers[.secFetchSite] = "cross-site"
        for (post, text) in [
            (post, nil), (post, form + "0"), (request("/billing/email", .post, headers), form),
        ] {
            await #expect(throws: APIError.self) {
                try await authenticator.caller(of: post, needing: .feedRead, context(), formToken: text)
            }
        }
    }

    @Test func `who comes with a bearer token sees their own, and needs no form token`() async throws {
        let headers: HTTPFields = [.authorization: "Bearer \(token())"]
        let pageAccess = try await authenticator.pageAccess(of: request("/billing", .get, headers), context())
        guard case .visitor(let visitor) = pageAccess else {
            Issue.record("\(pageAccess)")
            return
        }
        #expect(visitor.session?.customer.customer == "cus_one" && visitor.formToken == nil)
    }

    @Test
    func `a visitor with an expired session, without a credential or with an API key learns what to do`()
        async throws
    {
        func pageAccess(_ headers: HTTPFields) async throws -> PageAccess {
            try await authenticator.pageAccess(of: request("/billing", .get, headers), context())
        }
        guard case .over(let late) = try await pageAccess(cookie(token(age: 3600))), late.reason == .expired,
            case .over(let made) = try await pageAccess(cookie("x")), made.reason == .forged,
            case .anonymous = try await pageAccess([:])
        else {
            Issue.record("a visit is not what it is")
            return
        }
        #expect(late.returnURL == "https://console.akash.network/" && made.returnURL == nil)
        for (key, code) in [(TestKey.feed, "session_required"), (.unknown, "api_key_invalid")] {
            let headers: HTTPFields = [.authorization: "Bearer \(key.rawValue)"]
            let error = await #expect(throws: APIError.self) { try await pageAccess(headers) }
            #expect(error?.code == code)
        }
    }
}

/// Links of which none was used yet.
private struct UnusedLinks: SessionLinks {
    func useSessionLink(_ link: String, until end: Instant, now: Instant) async throws(StoreError) -> Bool {
        true
    }
}
