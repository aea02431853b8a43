import HTTPClient
import Testing

@testable import ConsoleBilling

/// The settings that say who may read, and from where.
struct AccessSettingsTests {
    private func configuration(_ given: [Setting: String]) throws(ConfigurationError) -> ServiceConfiguration
    {
        var flags: [Setting: String] = [
            .webhookSecret: "whsec_of_the_tests", .linkSigningSecret: "a-secret-of-at-least-thirty-two-bytes",
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
    func `what cannot be right is refused by name, and not repeated`(setting: Setting, text: String) {
        let given =
            setting == .auth0CustomerClaim ? [setting: text] : Self.issuer.merging([setting: text]) { $1 }
        let error = #expect(throws: ConfigurationError.self) { try configuration(given) }
        let names = setting == .auth0CustomerClaim ? "AUTH0_ISSUER" : setting.rawValue
        #expect(error?.problems.count == 1 && error?.description.contains(names) == true)
        #expect(text.utf8.count < 10 || error?.description.contains(text) == false)
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
    func `doctor says what is wrong with the issuer's keys`(
        answer: Result<TransportResponse, TransportError>,
        words: String
    ) async throws {
        let settings = try #require(try configuration(Self.issuer).tokens)
        let findings = await IssuerExamination(settings: settings, transport: Answering(answer: answer))
            .findings()
        #expect(findings.map(\.state) == [.bad] && findings[0].sentence.contains(words))
    }

    private struct Answering: HTTPTransport {
        let answer: Result<TransportResponse, TransportError>

        func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
            try answer.get()
        }
    }
}
