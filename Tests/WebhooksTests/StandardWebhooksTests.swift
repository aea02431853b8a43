import Billing
import Foundation
import Testing
import Webhooks

/// Alerts are signed as the Standard Webhooks specification says.
struct StandardWebhooksTests {
    /// From the specification's own libraries, whose tests agree on this vector.
    private static let published = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    /// The bytes 0 to 63; its signature was computed with Python's `hmac`.
    private static let longest = "whsec_" + Data(0..<64).base64EncodedString()

    private func headers(_ secrets: [String]) throws -> [String: String] {
        let signer = StandardWebhooksSigner(
            secrets: try secrets.map { try #require(StandardWebhooksSecret($0)) }
        )
        let headers = signer.headers(
            for: Array(#"{"test": 2432232314}"#.utf8),
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at: Instant(unixSeconds: 1_614_265_330)
        )
        return Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) })
    }

    @Test func `a message is signed as the published vector says`() throws {
        #expect(
            try headers([Self.published]) == [
                "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ]
        )
    }

    @Test func `while a secret is replaced both sign, with a space between`() throws {
        let both = try #require(try headers([Self.published, Self.longest])["webhook-signature"])
        let each = try [Self.published, Self.longest].map {
            try #require(try headers([$0])["webhook-signature"])
        }
        #expect(both == each.joined(separator: " "))
        #expect(each[1] == "v1,LZ5zuwHTqQH3VM8ERUusjzVQq1FXzemvpR8Mk7Ivp5c=")
    }

    @Test(arguments: [24, 25, 26, 64])
    func `padding may be left out`(length: Int) throws {
        let padded = "whsec_" + Data(repeating: 7, count: length).base64EncodedString()
        let bare = padded.replacing("=", with: "")
        #expect(try headers([padded]) == headers([bare]))
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64 at all, but long enough",
        "whsec_" + Data(repeating: 7, count: 23).base64EncodedString(),
        "whsec_" + Data(repeating: 7, count: 65).base64EncodedString(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ])
    func `an invalid secret of the scheme is refused`(text: String) {
        #expect(StandardWebhooksSecret(text) == nil)
    }

    @Test func `a secret cannot be printed`() throws {
        let secret = try #require(StandardWebhooksSecret(Self.published))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] { #expect(!text.contains("MfKQ")) }
    }
}
