import Cryptography
import Scenarios
import Testing

@testable import ConsoleBilling

/// The output of `config`, and what it hides.
struct ConfigCommandTests {
    private func examined(
        _ environment: [String: String],
        files: [String: String] = [:],
        flags: [String] = []
    ) throws -> CheckedConfiguration {
        let options = try ServiceOptions.parse(flags)
        let sources = options.sources(environment)
        let contents = sources.contents { path in files[path].map { .bytes(Array($0.utf8)) } ?? .absent }
        return CheckedConfiguration(SettingValues(sources, contents: contents))
    }

    private static let secret = "whsec_canary_of_the_endpoint"
    private static let link = "canary_of_links_with_at_least_32_bytes"
    private static let good = ["STRIPE_WEBHOOK_SECRET": secret, "LINK_SIGNING_SECRET": link]

    private func fingerprint(_ text: String) -> String { SHA256Digest(of: Array(text.utf8)).fingerprint }

    private func shown(_ setting: Setting, in examined: CheckedConfiguration) throws -> ShownSetting {
        try #require(examined.settings.first { $0.setting == setting })
    }

    @Test func `every setting is shown, with where it comes from`() throws {
        let examined = try examined(
            [
                "STRIPE_WEBHOOK_SECRET_FILE": "/s/webhook", "CREDENTIALS_DIRECTORY": "/c", "PORT": "4000",
                "LOG_LEVEL": "error",
            ],
            files: [
                "/s/webhook": Self.secret, "/c/LINK_SIGNING_SECRET": Self.link,
                "/etc/c.yaml": "seller: {name: Overclock}\nport: 5000\n",
            ],
            flags: ["--config", "/etc/c.yaml", "--log-level", "debug", "--set", "RECEIPT_LINK_TTL=60"]
        )
        #expect(examined.problems.isEmpty)
        #expect(examined.settings.map(\.setting) == Setting.allCases)
        let found = try [
            Setting.webhookSecret, .linkSigningSecret, .port, .logLevel, .receiptLinkTTL, .sellerName, .host,
            .apiKeys,
        ].map { try shown($0, in: examined) }
        #expect(
            found.map(\.origin) == [
                "STRIPE_WEBHOOK_SECRET_FILE /s/webhook", "credential /c/LINK_SIGNING_SECRET", "environment",
                "flag", "flag", "/etc/c.yaml", "default", "–",
            ]
        )
        #expect(found.map(\.value).suffix(6) == ["4000", "debug", "60", "Overclock", "127.0.0.1", nil])
    }

    @Test func `secrets are shown as fingerprints, and counted`() throws {
        var environment = Self.good
        environment["STRIPE_WEBHOOK_SECRET"] = "\(Self.secret), \(Self.secret)2"
        environment["STRIPE_SECRET_KEY"] = "rk_test_canary"
        environment["API_KEYS"] = "console:\(String(repeating: "ab", count: 32)):ops+feed:read,cbk_canary"
        let examined = try examined(environment)
        let webhook = try shown(.webhookSecret, in: examined)
        #expect(
            webhook.value
                == "whsec_… (\(fingerprint(Self.secret))), whsec_… (\(fingerprint(Self.secret + "2")))"
        )
        #expect(webhook.count == 2)
        #expect(try shown(.linkSigningSecret, in: examined).value == "… (\(fingerprint(Self.link)))")
        #expect(
            try shown(.stripeSecretKey, in: examined).value == "rk_test_… (\(fingerprint("rk_test_canary")))"
        )
        // The second is a key where its hash should be.
        #expect(
            try shown(.apiKeys, in: examined).value == "console (abababab) feed:read+ops, (cannot be read)"
        )
        let all = examined.table.text + examined.json.compact + examined.problems.joined()
        #expect(!all.contains("canary"))
        #expect(examined.problems.count == 1)
    }

    @Test func `the receiver of alerts is shown by host alone, and the signing secret as a fingerprint`()
        throws
    {
        let secret = "whsec_" + String(repeating: "canary", count: 8)
        var environment = Self.good
        environment["ALERT_WEBHOOK_SECRET"] = secret
        for (url, expected) in [
            ("https://alerts.example.com/hooks/canary?token=canary", "https://alerts.example.com/…"),
            ("https://alerts.example.com:8443", "https://alerts.example.com:8443"),
            ("https://canary@alerts.example.com/", "(cannot be read)"),
        ] {
            environment["ALERT_WEBHOOK_URL"] = url
            let examined = try examined(environment)
            #expect(try shown(.alertWebhookURL, in: examined).value == expected)
            #expect(try shown(.alertWebhookSecret, in: examined).value == "whsec_… (\(fingerprint(secret)))")
            #expect(try shown(.alertWebhookSecret, in: examined).count == 1)
            #expect(!(examined.table.text + examined.json.compact).contains("canary"))
        }
    }

    @Test(
        arguments: Setting.allCases.filter { setting in
            ["SECRET", "KEY", "TOKEN", "PASS"].contains(where: setting.rawValue.contains)
        }
    )
    func `a setting that is named as a secret shows nothing of itself`(setting: Setting) throws {
        let examined = try examined([setting.rawValue: "canary,canary"])
        #expect(try shown(setting, in: examined).value?.contains("canary") == false)
    }

    @Test(
        arguments: [
            ("postgres://me:canary@db.example/billing", "postgres://me:…@db.example/billing"),
            ("postgres://me:c@an?ary@db.example/billing", "postgres://…"),
            ("postgres://db/b?user=me&password=canary", "postgres://db/b?user=me&password=…"),
            ("postgres://me@db/b?sslpassword=canary&sslmode=require", nil),
            ("postgresql://me:canary:more@db,other/b", "postgresql://me:…@db,other/b"),
            ("sqlite:data/a:b@c.sqlite", "sqlite:data/a:b@c.sqlite"),
        ] as [(String, String?)]
    )
    func `the password of an address is not shown`(url: String, expected: String?) throws {
        let examined = try examined(Self.good.merging(["DATABASE_URL": url]) { $1 })
        let value = try shown(.databaseURL, in: examined).value
        #expect(value == expected ?? "postgres://me@db/b?sslpassword=…&sslmode=require")
        #expect(!(examined.table.text + examined.json.compact).contains("canary"))
    }

    @Test(arguments: ["whsec_", "whsec_canary…", "whsec_canary\tdef", "canary", "whsec_1234,whsec_"])
    func `a webhook secret that is none, or only the prefix, is refused and not shown`(secret: String) throws
    {
        let examined = try examined(Self.good.merging(["STRIPE_WEBHOOK_SECRET": secret]) { $1 })
        #expect(examined.problems.count == 1)
        #expect(examined.problems.allSatisfy { $0.contains("STRIPE_WEBHOOK_SECRET") })
        #expect(!(examined.problems.joined() + examined.table.text).contains("canary"))
    }

    @Test func `the hash of an empty key is refused, because an empty header would be that key`() throws {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let examined = try examined(Self.good.merging(["API_KEYS": "canary:\(hash):ops"]) { $1 })
        #expect(examined.problems.count == 1)
        #expect(examined.problems.allSatisfy { $0.contains("API_KEYS") })
    }

    @Test(arguments: ["pk_test_", "pk_live_", "whsec_", "we_", "acct_"])
    func `what is no key of Stripe's API is refused as one, and not shown`(prefix: String) throws {
        let key = prefix + "canary" + String(repeating: "a1", count: 20)
        let examined = try examined(Self.good.merging(["STRIPE_SECRET_KEY": key]) { $1 })
        #expect(examined.problems.count == 1)
        #expect(examined.problems.allSatisfy { $0.contains("STRIPE_SECRET_KEY") })
        #expect(!(examined.problems.joined() + examined.table.text).contains("canary"))
    }

    @Test(arguments: ["sk_test_", "rk_live_", "pk_test_", "sk_org_test_", "we_1", "WHSEC_"])
    func `a key of Stripe's API or an id is no webhook secret, and is not shown`(prefix: String) throws {
        let key = prefix + "canary" + String(repeating: "a1", count: 20)
        let examined = try examined(Self.good.merging(["STRIPE_WEBHOOK_SECRET": key]) { $1 })
        #expect(examined.problems.count == 1)
        #expect(examined.problems.allSatisfy { $0.contains("STRIPE_WEBHOOK_SECRET") })
        #expect(!(examined.problems.joined() + examined.table.text).contains("canary"))
    }

    @Test func `all that is wrong is said at once, each by its name`() throws {
        let examined = try examined(
            [
                "PORT": "everywhere", "LINK_SIGNING_SECRET_FILE": "/gone", "STRIPE_WEBHOOK_SECRETS": "x",
                "API_KEYS": "a,b", "RECEIPT_LINK_TTL": "0",
            ],
            flags: ["--set", "HOTS=1", "--config", "/none.yaml"]
        )
        let names = [
            "HOTS", "STRIPE_WEBHOOK_SECRETS", "/none.yaml", "LINK_SIGNING_SECRET_FILE", "PORT",
            "STRIPE_WEBHOOK_SECRET is required", "API_KEYS", "RECEIPT_LINK_TTL",
        ]
        #expect(examined.problems.count == names.count)
        for name in names { #expect(examined.problems.contains { $0.contains(name) }, "\(name)") }
        #expect(examined.json["valid"] == false)
    }

    @Test(arguments: ["/gone", "/s/link"])
    func `a setting and its file at once are refused, whether or not the file is there`(path: String) throws {
        let environment = Self.good.merging(["LINK_SIGNING_SECRET_FILE": path]) { $1 }
        let problems = try examined(environment, files: ["/s/link": Self.link]).problems
        #expect(problems.count == 1)
        let words = "LINK_SIGNING_SECRET and LINK_SIGNING_SECRET_FILE are both set"
        #expect(problems.first?.hasPrefix(words) == true)
    }

    @Test func `an empty variable leaves the setting to its file, and a flag wins over both`() throws {
        let environment = Self.good.merging([
            "LINK_SIGNING_SECRET": "", "LINK_SIGNING_SECRET_FILE": "/s/link", "PORT": "1",
            "PORT_FILE": "/gone",
        ]) { $1 }
        let examined = try examined(
            environment,
            files: ["/s/link": Self.link],
            flags: ["--port", "2"]
        )
        #expect(examined.problems == [])
        #expect(try shown(.linkSigningSecret, in: examined).origin == "LINK_SIGNING_SECRET_FILE /s/link")
        #expect(try shown(.port, in: examined).value == "2")
    }

    @Test func `it takes what serve takes`() throws {
        let words = [
            "--dev", "--config", "c", "--host", "h", "--port", "1", "--set", "A=b", "--log-format", "json",
        ]
        for command in ["serve", "config"] {
            #expect(throws: Never.self) { try ConsoleBilling.parseAsRoot([command] + words) }
        }
    }
}
