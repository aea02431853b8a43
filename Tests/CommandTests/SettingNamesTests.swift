import Testing

@testable import ConsoleBilling

/// Which variables of an environment are misspelt settings, and which belong to other programs.
struct SettingNamesTests {
    @Test(
        arguments: [
            ("STRIPE_WEBHOOK_SECRETS", "STRIPE_WEBHOOK_SECRET"),
            ("STRIPE_WEBHOOK_SECRTE", "STRIPE_WEBHOOK_SECRET"),
            ("STRIPE_WEBOOK_SECRET", "STRIPE_WEBHOOK_SECRET"),
            ("STRIPE_WEB_HOOK_SECRET", "STRIPE_WEBHOOK_SECRET"),
            ("STRIPEWEBHOOKSECRET", "STRIPE_WEBHOOK_SECRET"),
            ("stripe_webhook_secret", "STRIPE_WEBHOOK_SECRET"),
            ("LINK_SIGNING_SCRET", "LINK_SIGNING_SECRET"), ("LINK_SIGNING_SECERT", "LINK_SIGNING_SECRET"),
            ("LINK_SINGING_SECRET", "LINK_SIGNING_SECRET"),
            ("STRIPE_SECRET_KEYS", "STRIPE_SECRET_KEY"), ("STRIPE_LIVE_MODE", "STRIPE_LIVEMODE"),
            ("FRAME_ANCESTOR", "FRAME_ANCESTORS"), ("SELLER_ADRESS", "SELLER_ADDRESS"),
            ("WEBHOOK_MAX_BODY_BYTE", "WEBHOOK_MAX_BODY_BYTES"),
            ("AUTH0_AUDIANCE", "AUTH0_AUDIENCE"),
            ("STRIPE_WEBHOOK_SECRETS_FILE", "STRIPE_WEBHOOK_SECRET_FILE"),
            ("LINK_SIGNING_SECERT_FILE", "LINK_SIGNING_SECRET_FILE"),
        ]
    )
    func `a slip of the pen is met with the variable that was meant`(variable: String, meant: String) {
        #expect(SettingNames.meant(by: variable) == meant)
    }

    @Test(
        arguments: [
            "HOSTS", "HOSTNAME", "PORTS", "SUPPORT", "API_KEY", "DATABASE_URI", "DATABASE_URLS", "LOG_LEVELS",
            "PUBLIC_URI", "STRIPE_API_KEY", "STRIPE_CLI_VERSION", "STRIPE_CLI_TELEMETRY_OPTOUT",
            "STRIPE_DEVICE_NAME", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET2",
            "STRIPE_WEBHOOK_SECRET_2", "SQUARE_WEBHOOK_SECRET", "PAYPAL_WEBHOOK_SECRET",
            "GITHUB_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET", "COOKIE_SIGNING_SECRET",
            "AKASH_NODE", "RECEIPT_LINKS_TTL", "AKASH_KEY_NAME", "AKASH_KEYRING_BACKEND", "AUTH0_DOMAIN",
            "AUTH0_CLIENT_SECRET",
            "AUTH0_ISSUER_BASE_URL", "SSL_CERT_FILE", "POSTGRES_PASSWORD_FILE", "API_KEYS_FILES", "PATH",
            "HOME", "LANG", "XDG_SESSION_TYPE", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "USAGE", "PGHOST",
            "CONSOLE_BILLING_API_KEY", "CHART_PATH", "SELLER", "RECONCILE",
        ]
    )
    func `a variable of another program is none of our business`(variable: String) {
        #expect(SettingNames.meant(by: variable) == nil)
    }

    @Test(
        arguments: [
            ("API_KEY", "API_KEYS"), ("HOSTS", "HOST"), ("PORTS", "PORT"), ("port", "PORT"),
            ("DATABASE_URI", "DATABASE_URL"), ("LOG_LEVELS", "LOG_LEVEL"), ("PUBLIC_URI", "PUBLIC_URL"),
            ("RATE_LIMITS", "RATE_LIMIT"), ("STRIPE_WEBHOOK_SECRET2", "STRIPE_WEBHOOK_SECRET"),
            ("STRIPE_WEBHOOK_SECRET_2", "STRIPE_WEBHOOK_SECRET"), ("RECEIPT_LINKS_TTL", "RECEIPT_LINK_TTL"),
            ("API_KEY_FILE", "API_KEYS_FILE"),
        ]
    )
    func `a variable that is near one of ours, and may be another program's, is told`(
        variable: String,
        near: String
    ) {
        let told = SettingNames.unread(in: [variable: "canary"])
        #expect(told == ["the variable \(variable) is not read; did you mean \(near)?"])
    }

    @Test(
        arguments: [
            "HOSTNAME", "SUPPORT", "PATH", "HOME", "LANG", "USER", "SHELL", "TERM", "PWD", "PGHOST", "PGPORT",
            "STRIPE_API_KEY", "STRIPE_CLI_VERSION", "GITHUB_WEBHOOK_SECRET", "AKASH_NODE", "AUTH0_DOMAIN",
            "SSL_CERT_FILE", "POSTGRES_PASSWORD_FILE", "CONSOLE_BILLING_API_KEY", "CREDENTIALS_DIRECTORY",
            "STRIPE_WEBHOOK_SCRET",
        ] + Setting.allCases.flatMap { [$0.rawValue, $0.rawValue + "_FILE"] }
    )
    func `a variable that is far from ours, is ours or is refused is not told`(variable: String) {
        #expect(SettingNames.unread(in: [variable: "x"]).isEmpty)
    }

    @Test(arguments: Setting.allCases)
    func `ours are not misspelt, nor as the name of a file`(setting: Setting) {
        #expect(SettingNames.meant(by: setting.rawValue) == nil)
        #expect(SettingNames.meant(by: setting.rawValue + "_FILE") == nil)
    }

    @Test func `every command refuses a misspelt variable, and names both`() {
        let error = #expect(throws: ConfigurationError.self) {
            try SettingValues(
                flags: [:],
                environment: ["LINK_SIGNING_SCRET": "a-secret-of-at-least-thirty-two-bytes", "HOSTS": "x"],
                configurationFile: nil
            )
        }
        let words = "there is no variable LINK_SIGNING_SCRET. Did you mean LINK_SIGNING_SECRET?"
        #expect(error?.problems.count == 1 && error?.description.contains(words) == true)
        #expect(error?.description.contains("thirty-two") == false)
    }

    @Test func `a flag with a name that is none is met with the one that was meant`() throws {
        let options = try ServiceOptions.parse([
            "--set", "PROT=80", "--set", "LOG_LEVEL", "--set", "HOST=::1",
        ])
        let sources = options.sources([:])
        #expect(sources.flags == [.host: "::1"])
        #expect(sources.problems.count == 2)
        #expect(sources.problems[0] == "--set: there is no setting PROT. Did you mean PORT?")
        #expect(sources.problems[1].contains("NAME=VALUE"))
    }

    @Test func `a value that slipped into the place of a name is not repeated`() {
        let text = SettingNames.unknown("WHSEC_ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567")
        #expect(!text.contains("WHSEC"))
        #expect(!SettingNames.unknown("a b").contains("a b"))
    }
}
