import Billing
import HTTPClient
import Testing

@testable import ConsoleBilling

/// The receiver of alerts: its configuration, its check in `doctor`, and the test alert.
struct AlertSettingsTests {
    private static let stripe = "whsec_c3RyaXBlLWFuZC1ub2JvZHktZWxzZSEh"
    private static let address = "https://alerts.example/hook?token=sesame"
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let given: [Setting: String] = [.alertWebhookURL: address, .alertWebhookSecret: secret]

    private static func values(_ more: [Setting: String]) throws -> SettingValues {
        let flags: [Setting: String] = [
            .webhookSecret: stripe, .linkSigningSecret: "a-secret-of-at-least-thirty-two-bytes",
        ]
        return try SettingValues(flags: flags.merging(more) { $1 }, environment: [:], configurationFile: nil)
    }

    private static func configuration(_ more: [Setting: String]) throws -> ServiceConfiguration {
        try ServiceConfiguration(values(more))
    }

    @Test func `no alert is sent without a receiver, and each alert is signed with every secret`() throws {
        #expect(try Self.configuration([:]).alerts == nil)
        let alerts = try #require(try Self.configuration(Self.given).alerts)
        #expect(alerts.secrets.count == 1 && alerts.silenceAfterSeconds == 3600)
        let two = try Self.configuration([
            .alertWebhookURL: "http://127.0.0.1:8080/", .silenceAfter: "0",
            .alertWebhookSecret: "\(Self.secret), whsec_c29tZWJvZHktZWxzZS1lbnRpcmVseS0tLQ",
        ])
        #expect(two.alerts?.secrets.count == 2 && two.alerts?.silenceAfterSeconds == 0)
    }

    @Test(arguments: [
        (Setting.alertWebhookURL, "http://alerts.example/sesame"),
        (.alertWebhookURL, "ftp://alerts.example/"),
        (.alertWebhookURL, "https://me:sesame@alerts.example/"), (.alertWebhookURL, "alerts.example"),
        (.alertWebhookURL, "https://alerts.example/#sesame"), (.alertWebhookSecret, "sesame"),
        (.alertWebhookSecret, "whsec_c2VzYW1l"), (.alertWebhookSecret, "\(secret),whsec_sesame"),
        (.alertWebhookSecret, stripe), (.silenceAfter, "9"), (.silenceAfter, "soon"),
    ])
    func `an invalid value is refused by name, and not repeated`(setting: Setting, text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.configuration(Self.given.merging([setting: text]) { $1 })
        }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains(setting.rawValue) == true)
        for secret in ["sesame", "c3RyaXBl", "c2VzYW1l", "MfKQ"] {
            #expect(error?.description.contains(secret) == false)
        }
    }

    @Test(arguments: [Setting.alertWebhookURL, .alertWebhookSecret])
    func `an address without a secret and a secret without an address are refused`(missing: Setting) {
        var given = Self.given
        given[missing] = nil
        let error = #expect(throws: ConfigurationError.self) { try Self.configuration(given) }
        #expect(error?.description.contains("belong together") == true)
    }

    @Test func `doctor reports the receiver, and when missing webhooks cannot be detected`() throws {
        func results(_ more: [Setting: String]) throws -> [CheckResult] {
            AlertCheck.results(try Self.configuration(more))
        }
        let found = try results(Self.given)
        #expect(found.map(\.state) == [.good, .advice])
        #expect(found[0].sentence.contains("https://alerts.example,"))
        #expect(found[1].sentence.contains("STRIPE_SECRET_KEY"))
        #expect(!found[0].sentence.contains("sesame"))
        let withKey = try results(Self.given.merging([.stripeSecretKey: "sk_test_x"]) { $1 })
        #expect(withKey.map(\.state) == [.good, .good])
        #expect(try results([:]).map(\.state) == [.skipped])
    }

    private struct Answering: HTTPTransport {
        let answer: Result<TransportResponse, TransportError>

        func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
            guard request.url == AlertSettingsTests.address, case .post(let body) = request.method,
                String(decoding: body, as: UTF8.self).contains(#""type":"test""#)
            else { throw .unsendable(.url) }
            return try answer.get()
        }
    }

    private static func test(
        _ answer: Result<TransportResponse, TransportError>,
        _ more: [Setting: String] = given
    ) async throws -> AlertTest {
        try await AlertTest.perform(
            values(more),
            Answering(answer: answer),
            name: "one",
            now: Instant(unixSeconds: 1_790_000_000)
        )
    }

    @Test(
        arguments: [
            (204, 0, "took it"), (503, 75, "temporarily"), (429, 75, "temporarily"),
            (401, 78, "ALERT_WEBHOOK_SECRET"), (404, 78, "refused it"), (410, 78, "drop each of them"),
            (302, 78, "redirects"),
        ] as [(Int, Int32, String)]
    )
    func `a test shows what the receiver answered, and ends by it`(
        status: Int,
        code: Int32,
        words: String
    ) async throws {
        let body = Array("line one\n\u{1B}[31mline two".utf8)
        let test = try await Self.test(.success(TransportResponse(status: status, body: body)))
        #expect(test.exitCode.rawValue == code)
        #expect(test.line.contains("https://alerts.example answered \(status)") && test.line.contains(words))
        #expect(test.line.contains("line two") && !test.line.contains("\u{1B}"))
        #expect(!test.line.contains("sesame"))
        #expect(test.json["delivered"] == .bool(code == 0))
    }

    @Test func `a test without an answer or without configuration fails with the reason`() async throws {
        let silent = await #expect(throws: CommandFailure.self) {
            try await Self.test(.failure(.couldNotConnect))
        }
        #expect(silent?.code == Sysexits.unavailable && silent?.message.contains("could not connect") == true)
        let nothing = await #expect(throws: CommandFailure.self) {
            try await Self.test(.failure(.timedOut), [:])
        }
        #expect(nothing?.code == Sysexits.configuration)
    }
}
