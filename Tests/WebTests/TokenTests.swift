import Cryptography
import HTTPClient
import Testing

@testable import Web

/// Bearer tokens of Console's, signed by the `openssl` command.
@Suite(.timeLimit(.minutes(5)))
struct TokenTests {
    private static func settings(
        _ source: ScriptedKeySource,
        rules: TokenRules = TokenSigner.rules
    ) -> WebHarness.Settings {
        var settings = WebHarness.Settings()
        settings.tokenIssuer = TokenIssuer(rules: rules, keys: source.document)
        return settings
    }

    private static var listed: ScriptedKeySource {
        ScriptedKeySource(.success(TokenSigner.keySet([.console, .next])))
    }

    private func deliver(to harness: WebHarness) async throws {
        try await OwnershipSample.deliver(to: harness)
        try await harness.deliver([
            .customer("cus_one", ofConsoleUser: "auth0|user-1"),
            .customer("cus_two", ofConsoleUser: "auth0|user-2"),
        ])
    }

    @Test func `a user's token opens only the feed and the usage of their own customer`()
        async throws
    {
        try await WebHarness.with(Self.settings(Self.listed)) { harness in
            try await deliver(to: harness)
            let own = [bearer(TokenSigner.console.token())]
            let all = try await harness.ids("/v1/transactions?customer=cus_one")
            #expect(try await harness.get("/v1/transactions", key: nil, headers: own).ids == all)
            for (path, status) in [
                ("/v1/transactions/ch_a", 200), ("/v1/transactions/ch_c", 404),
                ("/v1/transactions?customer=cus_two", 404), ("/v1/usage/daily", 200),
                ("/v1/usage/daily?owner=akash1the0wnerygferu", 200),
                ("/v1/usage/daily?owner=akash1an0ther0hra0rx", 404),
                ("/v1/balance", 200), ("/v1/balance?customer=cus_two", 404), ("/v1/stripe/transactions", 200),
                ("/v1/usage/history?address=akash1the0wnerygferu", 200),
                ("/v1/usage/history?address=akash1an0ther0hra0rx", 404),
                ("/v1/events", 403),
            ] {
                let answer = try await harness.get(path, key: nil, headers: own)
                #expect(answer.status == status, "\(path): \(answer.text)")
            }
            let other = [bearer(TokenSigner.next.token(TokenSigner.claims("auth0|user-2")))]
            #expect(
                try await harness.get("/v1/transactions", key: nil, headers: other).ids == ["ch_c", "ch_d"]
            )
        }
    }

    @Test func `all customers of a user are theirs, together; who never paid has empty lists`() async throws {
        try await WebHarness.with(Self.settings(Self.listed)) { harness in
            try await OwnershipSample.deliver(to: harness)
            try await harness.deliver([
                .customer("cus_one", ofConsoleUser: "auth0|user-1"),
                .customer("cus_two", ofConsoleUser: "auth0|user-1"),
            ])
            let both = [bearer(TokenSigner.console.token())]
            let ids = try await harness.get("/v1/transactions", key: nil, headers: both).ids
            #expect(ids == ["re_a", "ch_a", "ch_b", "ch_c", "ch_d", "in_e"])
            let balance = try await harness.get("/v1/balance", key: nil, headers: both)
            #expect(balance.status == 200 && balance.json["customer"] == nil)
            let nobody = [bearer(TokenSigner.console.token(TokenSigner.claims("auth0|new")))]
            #expect(try await harness.get("/v1/transactions", key: nil, headers: nobody).ids == [])
            for path in ["/v1/usage/daily", "/v1/balance", "/v1/balance/history", "/v1/stripe/transactions"] {
                #expect(try await harness.get(path, key: nil, headers: nobody).status == 200, "\(path)")
            }
            let named = try await harness.get("/v1/transactions?customer=cus_one", key: nil, headers: nobody)
            #expect(named.status == 404)
        }
    }

    @Test func `where a claim names the customer, it alone does`() async throws {
        let claim = "https://akash.network/customer"
        let rules = TokenRules(
            issuer: TokenSigner.issuer,
            audience: TokenSigner.audience,
            customerClaim: claim
        )
        try await WebHarness.with(Self.settings(Self.listed, rules: rules)) { harness in
            try await deliver(to: harness)
            for (value, ids) in [
                ("cus_two" as Any, ["ch_c", "ch_d"]), (["cus_two", "cus_none"], ["ch_c", "ch_d"]),
                ("", []), (7, []), ([7], []), ("a b", []), (["deeper": "cus_two"], []),
            ] as [(Any, [String])] {
                let claims = TokenSigner.claims().merging([claim: value]) { $1 }
                let headers = [bearer(TokenSigner.console.token(claims))]
                #expect(try await harness.get("/v1/transactions", key: nil, headers: headers).ids == ids)
            }
            let without = [bearer(TokenSigner.console.token())]
            #expect(try await harness.get("/v1/transactions", key: nil, headers: without).ids == [])
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: String
        let token: @Sendable () -> String

        init(_ name: String, _ code: String, _ token: @escaping @Sendable () -> String) {
            testDescription = name
            self.code = code
            self.token = token
        }

        static func claim(_ name: String, _ value: sending Any?, _ code: String) -> Bad {
            nonisolated(unsafe) let value = value
            return Bad("\(name) \(value.map { "\($0)" } ?? "absent")", code) {
                var claims = TokenSigner.claims()
                claims[name] = value
                return TokenSigner.console.token(claims)
            }
        }

        static func header(_ name: String, _ value: sending Any, _ code: String) -> Bad {
            nonisolated(unsafe) let value = value
            return Bad("header \(name) \(value)", code) { TokenSigner.console.token(header: [name: value]) }
        }
    }

    private static let now = TestClock.start.unixSeconds

    @Test(arguments: [
        Bad("another's key under a known name", "token_signature") { TokenSigner.stranger.token() },
        Bad("the public key as a secret", "token_algorithm") { TokenSigner.console.confusedToken() },
        Bad("altered payload", "token_signature") {
            let parts = TokenSigner.console.token().split(separator: ".")
            let other = Base64URL.encoded(TokenSigner.json(TokenSigner.claims("auth0|user-2")))
            return "\(parts[0]).\(other).\(parts[2])"
        },
        Bad("no signature", "token_malformed") {
            TokenSigner.console.token().split(separator: ".").prefix(2).joined(separator: ".") + "."
        },
        Bad("none", "token_algorithm") {
            let header = Base64URL.encoded(TokenSigner.json(["alg": "none", "kid": "console-1"]))
            return header + "." + Base64URL.encoded(TokenSigner.json(TokenSigner.claims())) + ".AA"
        },
        Bad("garbage", "token_malformed") { "a.b.c" }, Bad("dots", "token_malformed") { ".." },
        Bad("a large one", "token_malformed") { "e30." + String(repeating: "A", count: 9000) + ".AA" },
        Bad("padding", "token_malformed") { TokenSigner.console.token() + "=" },
        Bad("a short signature", "token_signature") {
            TokenSigner.console.token().split(separator: ".").prefix(2).joined(separator: ".") + ".AAAA"
        },
        Bad("a payload that is no object", "token_malformed") {
            TokenSigner.console.token(
                payload: Array("[]".utf8),
                header: TokenSigner.json(["alg": "RS256", "kid": "console-1"])
            )
        },
        Bad("a weak key", "token_key_unknown") { TokenSigner.weak.token() },
        .header("alg", "RS512", "token_algorithm"), .header("alg", "rs256", "token_algorithm"),
        .header("alg", 7, "token_algorithm"), .header("kid", "console-9", "token_key_unknown"),
        .header("kid", 7, "token_key_unknown"), .header("crit", ["b64"], "token_malformed"),
        .claim("exp", now &- 30, "token_expired"), .claim("exp", nil, "token_expired"),
        .claim("exp", "\(now &+ 60)", "token_malformed"), .claim("exp", -1, "token_expired"),
        .claim("nbf", now &+ 31, "token_not_yet_valid"), .claim("nbf", "soon", "token_malformed"),
        .claim("iss", "https://tenant.auth0.example", "token_issuer"), .claim("iss", nil, "token_issuer"),
        .claim("iss", ["https://tenant.auth0.example/"], "token_issuer"),
        .claim("aud", "https://another.example", "token_audience"), .claim("aud", nil, "token_audience"),
        .claim("aud", [String](), "token_audience"), .claim("aud", "", "token_audience"),
        .claim("sub", nil, "token_subject"), .claim("sub", "", "token_subject"),
        .claim("sub", String(repeating: "s", count: 256), "token_subject"), .claim("sub", 7, "token_subject"),
    ])
    func `a token that is not all it has to be opens nothing, and says why`(bad: Bad) async throws {
        let source = ScriptedKeySource(.success(TokenSigner.keySet([.console, .next, .weak])))
        try await WebHarness.with(Self.settings(source)) { harness in
            let header = [bearer(bad.token())]
            let answer = try await harness.get("/v1/transactions", key: nil, headers: header)
            #expect(answer.status == 401 && answer.errorCode == bad.code, "\(answer.text)")
            #expect(answer.headers["WWW-Authenticate"]?.contains("invalid_token") == true)
        }
    }

    @Test func `clocks may be half a minute apart, and one audience is as good as a list`() async throws {
        try await WebHarness.with(Self.settings(Self.listed)) { harness in
            for claims in [
                ["exp": Self.now &- 29], ["nbf": Self.now &+ 30], ["exp": Double(Self.now) + 0.5],
                ["aud": TokenSigner.audience],
            ] as [[String: Any]] {
                let all = TokenSigner.claims().merging(claims) { $1 }
                let header = [bearer(TokenSigner.console.token(all))]
                let answer = try await harness.get("/v1/transactions", key: nil, headers: header)
                #expect(answer.status == 200, "\(claims)")
            }
        }
    }

    @Test func `where no issuer is configured, a token is an unknown key`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get(
                "/v1/transactions",
                key: nil,
                headers: [bearer(TokenSigner.console.token())]
            )
            #expect(answer.status == 401 && answer.errorCode == "api_key_invalid")
        }
    }

    @Test func `an issuer that never answered is our trouble, not the user's, and no token is logged`()
        async throws
    {
        let recorder = LogRecorder()
        var settings = Self.settings(ScriptedKeySource(ScriptedKeySource.down))
        settings.logger = recorder.logger
        try await WebHarness.with(settings) { harness in
            let token = TokenSigner.console.token()
            let answer = try await harness.get("/v1/transactions", key: nil, headers: [bearer(token)])
            #expect(answer.status == 503 && answer.errorCode == "issuer_unavailable")
            #expect(answer.headers["Retry-After"] == "30")
            for line in recorder.lines { #expect(!line.contains(token.suffix(40))) }
            #expect(recorder.lines.contains { $0.contains("keys cannot be fetched: timed out") })
        }
    }
}
