import HTTPClient
import StripeAPI
import Testing

struct StripeSecretKeyTests {
    @Test(arguments: [
        ("sk_test_1", false), ("rk_test_1", false), ("sk_live_1", true), ("rk_live_1", true), ("sk_1", nil),
        ("sk_org_1", nil), ("pk_live_1", nil), ("SK_LIVE_1", nil),
    ])
    func `knows its mode from its prefix`(text: String, livemode: Bool?) throws {
        #expect(try #require(StripeSecretKey(text)).livemode == livemode)
    }

    @Test(arguments: [
        ("sk_org_1", true), ("sk_org_live_1", true), ("sk_organic", false), ("sk_live_1", false),
        ("rk_org_1", false), ("SK_ORG_1", false),
    ])
    func `knows an organisation's key from its prefix`(text: String, isOrganization: Bool) throws {
        #expect(try #require(StripeSecretKey(text)).isOrganization == isOrganization)
    }

    @Test(arguments: [
        "", " ", "sk_test_1\n", " sk_test_1", "sk_test 1", "sk_test_1\t", "sk_tést_1", "sk_test_1\0",
    ])
    func `refuses white space and what no header can hold`(text: String) {
        #expect(StripeSecretKey(text) == nil)
    }

    @Test func `never prints itself, nor does what holds it`() throws {
        let key = try #require(StripeSecretKey("sk_live_verysecret"))
        let client = StripeClient(transport: RecordingTransport(body: "{}"), key: key)
        var request = TransportRequest(.get, url: "https://api.stripe.com/v1/charges/ch_1")
        request.headers = [TransportHeader("Authorization", key.withText { "Bearer \($0)" })]

        var printed = [
            "\(key)", String(reflecting: key), "\(client)", String(reflecting: client), "\(request)",
        ]
        for value in [key, client, request, Optional(key) as Any, ["key": key]] as [Any] {
            var text = ""
            dump(value, to: &text)
            printed += [text, "\(value)", String(reflecting: value)]
        }
        for text in printed { #expect(!text.contains("verysecret")) }
    }
}
