import HTTPClient
import Testing

@testable import Web

/// Every route with the headers that narrow.
@Suite(.timeLimit(.minutes(5)))
struct IdentityHeaderTests {
    enum CallerKind: CaseIterable, Sendable {
        case keyAndUser, keyAndOrganization, userKeyAndUser, userKeyAlone, userKeyAndOrganization
        case sessionAndUser, sessionAndOrganization, cookieAndUser, tokenAndUser, tokenAndOrganization
        case linkAndUser
    }

    @Test(arguments: RouteUnderTest.all)
    func `a header narrows a route that is about customers, and is refused on every other`(
        route: RouteUnderTest
    ) async throws {
        try await WebHarness.with(IdentityTests.settings) { harness in
            try await OwnershipSample.deliver(to: harness)
            try await harness.deliver(FeedSample.waiting)
            let link = #"{"users":["auth0|one"],"organizations":["org-one"]}"#
            #expect(try await harness.putCustomer("cus_one", link).status == 200)
            for kind in CallerKind.allCases {
                let answer = try await ask(route, route.path, kind, harness)
                let (status, code) = expected(of: route, kind)
                #expect(answer.status == status, "\(kind): \(answer.text.prefix(200))")
                if let code { #expect(answer.errorCode == code, "\(kind)") }
                guard status == route.status, route.key == .feed else { continue }
                for path in route.theirs {
                    let theirs = try await ask(route, path, kind, harness)
                    #expect(theirs.status == 404, "\(kind) \(path)")
                }
            }
        }
    }

    private func ask(
        _ route: RouteUnderTest,
        _ path: String,
        _ kind: CallerKind,
        _ harness: WebHarness
    ) async throws -> Answer {
        let user = [TransportHeader("X-User-Id", "auth0|one")]
        let organization = [TransportHeader("x-organization-id", "org-one")]
        let session = [bearer(harness.sessionToken())]
        let token = [bearer(TokenSigner.console.token(TokenSigner.claims("auth0|one")))]
        let key = (route.key ?? .feed).headers
        var path = path
        let headers: [TransportHeader]
        switch kind {
        case .keyAndUser: headers = key + user
        case .keyAndOrganization: headers = key + organization
        case .userKeyAndUser: headers = TestKey.user.headers + user
        case .userKeyAlone: headers = TestKey.user.headers
        case .userKeyAndOrganization: headers = TestKey.user.headers + organization
        case .sessionAndUser: headers = session + user
        case .sessionAndOrganization: headers = session + organization
        case .cookieAndUser:
            headers =
                [harness.cookie(harness.sessionToken())] + user + [
                    TransportHeader("Sec-Fetch-Site", "same-origin"),
                    TransportHeader("Content-Type", "application/json"),
                ]
        case .tokenAndUser: headers = token + user
        case .tokenAndOrganization: headers = token + organization
        case .linkAndUser:
            headers = user
            var link = TransactionLink.ofSample("ch_a")
            if case .keyOrLink(_, .nextAction) = route.access { link = .ofSample("pi_a", for: .nextAction) }
            path += (path.contains("?") ? "&" : "?")
            path += harness.settings.linkSigner.query(link, now: harness.clock.now)
        }
        return try await harness.send(route.emptyRequest, path, headers: headers)
    }

    private func expected(of route: RouteUnderTest, _ kind: CallerKind) -> (status: Int, code: String?) {
        switch route.access {
        case .open: return (route.status, nil)
        case .session:
            return switch kind {
            case .keyAndUser, .keyAndOrganization, .userKeyAndUser, .userKeyAlone, .userKeyAndOrganization:
                (403, "session_required")
            case .tokenAndOrganization: (200, nil)
            default: (400, "header_not_allowed")
            }
        case .key(let key), .keyOrLink(let key, _):
            let isFeed = key == .feed
            switch kind {
            case .keyAndUser, .keyAndOrganization:
                return isFeed || key == .sessions ? (route.status, nil) : (400, "header_not_allowed")
            case .userKeyAndUser: return isFeed ? (route.status, nil) : (403, "scope_missing")
            case .userKeyAlone, .userKeyAndOrganization:
                return (403, isFeed ? "user_required" : "scope_missing")
            case .sessionAndUser, .sessionAndOrganization, .cookieAndUser, .tokenAndUser:
                return isFeed ? (400, "header_not_allowed") : (403, "scope_missing")
            case .tokenAndOrganization: return isFeed ? (route.status, nil) : (403, "scope_missing")
            case .linkAndUser:
                if case .keyOrLink = route.access { return (400, "header_not_allowed") }
                return (401, "api_key_missing")
            }
        }
    }
}
