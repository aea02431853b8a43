import HTTPClient
import PostgresClient
import Testing

@testable import ConsoleBilling

/// The settings that say who may read, and from where.
struct AccessSettingsTests {
    private func configuration(_ given: [Setting: String]) throws(ConfigurationError) -> ServiceConfiguration
    {
        var flags: [Setting: String] = [
            .webhookSecret: "whsec_of_all_these_tests",
            .linkSigningSecret: "a-secret-of-at-least-thirty-two-bytes",
        ]
        flags.merge(given) { $1 }
        return try ServiceConfiguration(
            SettingValues(flags: flags, environment: [:], configurationFile: nil)
        )
    }

    private static let issuer: [Setting: String] = [
        .auth0KeysAddress: "https://tenant.auth0.example/.well-known/jwks.json",
        .auth0Issuer: "https://tenant.auth0.example/", .auth0Audience: "https://console-api.akash.network",
    ]

    @Test func `tokens are taken when everything is said that is needed to tell whose`() throws {
        #expect(try configuration([:]).tokens == nil)
        let tokens = try #require(try configuration(Self.issuer).tokens)
        #expect(tokens.rules.issuer == "https://tenant.auth0.example/" && tokens.rules.customerClaim == nil)
        let named = Self.issuer.merging([.auth0CustomerClaim: "https://akash.network/customer"]) { $1 }
        #expect(try configuration(named).tokens?.rules.customerClaim == "https://akash.network/customer")
    }

    @Test(arguments: [Setting.auth0KeysAddress, .auth0Issuer, .auth0Audience])
    func `a part of it that is missing is named`(missing: Setting) {
        var given = Self.issuer
        given[missing] = nil
        let error = #expect(throws: ConfigurationError.self) { try configuration(given) }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains("Set \(missing.rawValue) as well") == true)
    }

    @Test(arguments: [
        (Setting.auth0KeysAddress, "http://tenant.auth0.example/jwks"),
        (.auth0KeysAddress, "file:///etc/passwd"),
        (.auth0KeysAddress, "https://me:secret@tenant.auth0.example/"), (.auth0Issuer, "two words"),
        (.customerSessionTTL, "0"), (.customerSessionTTL, "604801"), (.frameAncestors, "*"),
        (.frameAncestors, "https://console.akash.network/path"),
        (.frameAncestors, "http://console.akash.network"),
        (.frameAncestors, "https://a.example; script-src *"), (.auth0CustomerClaim, "customer"),
    ])
    func `an invalid value is refused by name, and not repeated`(setting: Setting, text: String) {
        let given =
            setting == .auth0CustomerClaim ? [setting: text] : Self.issuer.merging([setting: text]) { $1 }
        let error = #expect(throws: ConfigurationError.self) { try configuration(given) }
        let names = setting == .auth0CustomerClaim ? "AUTH0_ISSUER" : setting.rawValue
        #expect(error?.problems.count == 1 && error?.description.contains(names) == true)
        #expect(text.utf8.count < 10 || error?.description.contains(text) == false)
    }

    @Test(arguments: [
        "0.0.0.0", "::", "0", "0.0", "000.0.0.0", "0x0", "[::]", "::0", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0",
        "*",
    ])
    func `a service that listens on all addresses needs a base for its links`(host: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try configuration([.host: host]) }
        #expect(error?.problems.count == 1 && error?.description.contains("Set PUBLIC_URL") == true)
        let given = "https://billing.example.com"
        #expect(try configuration([.host: host, .publicURL: given]).publicURL == given)
        let shown = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        for url in ["http://\(shown)", "https://\(shown):8443/billing", "http://me@\(shown)/"] {
            let error = #expect(throws: ConfigurationError.self) {
                try configuration([.host: host, .publicURL: url])
            }
            #expect(error?.description.contains("PUBLIC_URL is invalid") == true, "\(url)")
        }
    }

    @Test(arguments: [
        ("billing.example.com", "begin"), ("ftp://billing.example.com", "begin"), ("/billing", "begin"),
        ("https:\\\\billing.example.com", "begin"), ("HTTPS://billing.example.com", "begin"),
        ("http://", "no host"), ("https:///billing", "no host"), ("https://:443", "no host"),
        ("https://me:canary@billing.example.com", "user name"), ("https://canary@", "user name"),
        ("https://billing.example.com:99999", "port"), ("https://billing.example.com:", "port"),
        ("https://billing.example.com:0", "port"), ("https://[::1]:x", "port"),
        ("https://billing..example.com", "neither"), ("https://*.example.com", "neither"),
        ("https://", "no host"), ("http:///x", "no host"), ("https:", "begin"), ("https:/", "begin"),
        ("https://[::1", "neither"), ("https://[1::2::3]", "neither"), ("https://256.1.1.1", "neither"),
        ("https://-billing.example.com", "neither"), ("https://billing example.com", "neither"),
        ("https://[::]:443/x", "every address"), ("https://0.0.0.0", "every address"),
        ("https://billing.example.com//x", "two slashes"), ("https://billing.example.com/x//", "two slashes"),
        ("https://billing.example.com/a/../b", ".. in it"), ("https://billing.example.com/.", ".. in it"),
        ("https://billing.example.com/a;b", "letters"), ("https://billing.example.com/a b", "letters"),
        ("https://billing.example.com/%2e%2e/b", "letters"),
        ("https://billing.example.com/v1/stripe-webhook", "path of the webhook"),
        ("https://billing.example.com/x/v1/stripe-webhook/", "path of the webhook"),
        ("https://billing.example.com/?x", "query"), ("https://billing.example.com#x", "fragment"),
    ])
    func `a base of links that leads nowhere is refused, with the part that is wrong`(
        url: String,
        part: String
    ) {
        let error = #expect(throws: ConfigurationError.self) { try configuration([.publicURL: url]) }
        let said = error?.description ?? ""
        #expect(error?.problems.count == 1 && said.contains("PUBLIC_URL is invalid: it"), "\(said)")
        #expect(said.contains(part) && !said.contains("canary"), "\(said)")
    }

    @Test(arguments: [
        "https://billing.example.com", "http://localhost:3080", "http://[::1]:3080", "http://10.0.0.7",
        "https://example.com/billing-service/v2", "https://BILLING.example.com.", "http://billing_app:80",
    ])
    func `a base of links may have a port and a path, and a slash at its end`(url: String) throws {
        for text in [url, url + "/"] { #expect(try configuration([.publicURL: text]).publicURL == url) }
    }

    @Test(arguments: ["http://127.0.0.1", "127.0.0.1:3080", "1.2.3", "a b", "[::1", "host/path", "..", "::g"])
    func `what nothing can listen on is refused by name`(host: String) {
        let error = #expect(throws: ConfigurationError.self) { try configuration([.host: host]) }
        #expect(error?.problems.count == 1 && error?.description.contains("HOST is invalid") == true)
    }

    @Test func `an IPv6 address is listened on with brackets and without`() throws {
        for text in ["::1", "[::1]"] {
            let configuration = try configuration([.host: text])
            #expect(configuration.host == "::1" && configuration.publicURL == "http://[::1]:3080")
        }
    }

    @Test func `the budget of all bodies fits one delivery`() throws {
        let sizes: [Setting: String] = [.maxBodyBytes: "90000", .maxBodyBytesInFlight: "239999"]
        let error = #expect(throws: ConfigurationError.self) { try configuration(sizes) }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains("MAX_BODY_BYTES_IN_FLIGHT") == true)
        #expect(error?.description.contains("240000 or more") == true)
        _ = try configuration(sizes.merging([.maxBodyBytesInFlight: "240000"]) { $1 })
    }

    @Test(arguments: [
        (Setting.webhookSecret, "\"whsec_canary_of_the_tests\""),
        (.linkSigningSecret, "'canary-of-at-least-thirty-two-bytes'"),
        (.webhookSecret, "whsec_of_all_these_tests, \"whsec_canary_of_the_tests\""), (.port, "\"canary\""),
        (.sellerName, "'canary'"), (.databaseURL, "\"sqlite:canary\""), (.webhookSecret, "\"\""),
        (.webhookSecret, "“whsec_canary_of_the_tests”"), (.webhookSecret, "\"whsec_canary_of_the_tests"),
        (.linkSigningSecret, "‘canary-of-at-least-thirty-two-bytes’"), (.port, "'"),
    ])
    func `quotation marks around a value are named, once, and the value is not`(
        setting: Setting,
        text: String
    ) {
        let error = #expect(throws: ConfigurationError.self) { try configuration([setting: text]) }
        #expect(
            error?.problems.count == 1
                && error?.description.contains("\(setting.rawValue) has quotation marks") == true
        )
        #expect(error?.description.contains("canary") == false)
    }

    @Test(arguments: [
        "pay.stripe.com:443", "https://pay.stripe.com", "pay.stripe.com/x", "*.stripe.com", "pay..com",
    ])
    func `hosts of receipts are hosts`(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try configuration([.receiptHosts: text]) }
        #expect(error?.description.contains("RECEIPT_HOSTS is invalid") == true)
    }

    @Test func `what keeps it from listening is said as it is`() throws {
        #expect(ListenFault.sentence(host: "127.0.0.1", port: 0) == nil)
        // No resolver is asked for a label of 64 letters.
        let tooLong = String(repeating: "a", count: 64) + ".invalid"
        let nowhere = try #require(ListenFault.sentence(host: tooLong, port: 0))
        #expect(nowhere.contains("HOST leads to no address") && !nowhere.contains("taken"))
        // TEST-NET-1 is assigned to no network: <https://www.rfc-editor.org/rfc/rfc5737>.
        let elsewhere = try #require(ListenFault.sentence(host: "192.0.2.1", port: 0))
        #expect(elsewhere.contains("HOST is no address of this machine"))
        // Without an interface it is one of none, whatever interfaces there are.
        if let linkLocal = ListenFault.sentence(host: "fe80::1", port: 0) {
            let hasIPv6 = ListenFault.sentence(host: "::1", port: 0) == nil
            #expect(!hasIPv6 || linkLocal.contains("needs an interface"))
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "::1", "10.0.0.7", "billing.internal", "0.0.0.1", "::2"])
    func `an address of its own will do for links`(host: String) throws {
        let shown = host.contains(":") ? "[\(host)]" : host
        #expect(try configuration([.host: host]).publicURL == "http://\(shown):3080")
    }

    @Test func `metrics are open to this machine only where that was asked for`() throws {
        #expect(try !configuration([:]).metricsOpen)
        #expect(try !configuration([.metricsOpen: "false"]).metricsOpen)
        #expect(try configuration([.metricsOpen: "true"]).metricsOpen)
        for text in ["yes", "1", "TRUE"] {
            let error = #expect(throws: ConfigurationError.self) { try configuration([.metricsOpen: text]) }
            #expect(error?.description.contains("METRICS_OPEN") == true)
        }
    }

    @Test(arguments: [Setting.databaseURL, .usageIndexerURL])
    func `PostgreSQL of another machine wants it said whether the connection is encrypted`(
        setting: Setting
    ) throws {
        let open = [
            "postgres://me:canary@db.example/billing", "postgres://127.0.0.1,db.example/billing",
            "postgres:///billing?host=db.example", "postgres://127.0.0.1/billing?hostaddr=10.0.0.7",
            "postgres://db.example/billing?sslmode=", "postgres://127.evil.example/billing",
            "postgres://db.example/billing?sslmode=prefer", "postgres://db.example/billing?sslmode=allow",
            "postgres:///billing?service=prod",
        ]
        for text in open {
            let error = #expect(throws: ConfigurationError.self) { try configuration([setting: text]) }
            #expect(error?.problems.count == 1, "\(text)")
            #expect(
                error?.description.contains("\(setting.rawValue) leads to another machine") == true,
                "\(text)"
            )
            #expect(error?.description.contains("canary") == false)
        }
        let said = [
            "postgres://db.example/billing?sslmode=verify-full",
            "postgres://db.example/billing?sslmode=disable",
            "postgres://127.0.0.1/billing", "postgres://localhost:5433/billing", "postgres://[::1]/billing",
            "postgres:///billing", "postgres:///billing?host=/run/postgresql",
            "postgres://%2Frun%2Fpg/billing",
        ]
        for text in said { _ = try configuration([setting: text]) }
    }

    @Test func `libpq's own variables count too, for encryption and host`() throws {
        let remote = try #require(PostgresURL("postgres://db.example/billing"))
        #expect(remote.leavesEncryptionOpen { _ in nil })
        #expect(!remote.leavesEncryptionOpen { $0 == "PGSSLMODE" ? "verify-full" : nil })
        let unsaid = try #require(PostgresURL("postgres:///billing"))
        #expect(!unsaid.leavesEncryptionOpen { _ in nil })
        #expect(unsaid.leavesEncryptionOpen { $0 == "PGHOST" ? "db.example" : nil })
        #expect(unsaid.leavesEncryptionOpen { $0 == "PGHOSTADDR" ? "10.0.0.7" : nil })
    }

    @Test func `sites that may show the page are origins`() throws {
        let given = "https://console.akash.network, http://localhost:3000"
        let ancestors = try configuration([.frameAncestors: given]).frameAncestors
        #expect(ancestors.map(\.description) == ["https://console.akash.network", "http://localhost:3000"])
    }

    @Test(arguments: [
        (Result<TransportResponse, TransportError>.failure(.timedOut), "timed out"),
        (.success(TransportResponse(status: 503)), "status 503"),
        (.success(TransportResponse(status: 200, body: Array("{}".utf8))), "well-known"),
    ])
    func `doctor reports errors of the issuer's keys`(
        answer: Result<TransportResponse, TransportError>,
        words: String
    ) async throws {
        let settings = try #require(try configuration(Self.issuer).tokens)
        let results = await IssuerCheck(settings: settings, transport: Answering(answer: answer))
            .results()
        #expect(results.map(\.state) == [.bad] && results[0].sentence.contains(words))
    }

    private struct Answering: HTTPTransport {
        let answer: Result<TransportResponse, TransportError>

        func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
            try answer.get()
        }
    }
}
