import Billing
import Testing
import Webhooks

@Suite struct EndpointSecretTests {
    @Test(arguments: ["", " ", "\n", "\r\n", " \t\n", "\u{A0}", "\u{FEFF}", "\u{FEFF}\n"])
    func `refuses text that is empty to the eye`(text: String) {
        #expect(throws: EndpointSecret.Refusal.blank) { try EndpointSecret(text) }
    }

    @Test(arguments: [
        " whsec_x", "whsec_x ", "whsec_x\n", "whsec_x\r\n", "\twhsec_x", " whsec_x ", "whsec_x\u{A0}",
        "\u{FEFF}whsec_x", "whsec_x\u{2028}",
    ])
    func `refuses white space before or after`(text: String) {
        #expect(throws: EndpointSecret.Refusal.surroundedByWhiteSpace) { try EndpointSecret(text) }
    }

    @Test(arguments: ["x", "whsec_x", "two words", "whsec_ключ_🔑", String(repeating: "k", count: 10_000)])
    func `takes any other text`(text: String) {
        #expect(throws: Never.self) { try EndpointSecret(text) }
    }

    @Test func `a refusal never repeats the text`() {
        let refusal = #expect(throws: EndpointSecret.Refusal.self) {
            try EndpointSecret("whsec_tellnobody\n")
        }
        #expect(!Self.printings(of: refusal as Any).contains { $0.contains("tellnobody") })
    }

    @Test func `cannot be printed, nor can what holds it`() throws {
        let secret = try EndpointSecret("whsec_tellnobody")
        let holders: [Any] = [
            secret, [secret], ["key": secret], Optional(secret) as Any,
            SignatureVerifier(secrets: [secret]), PayloadSigner(secret: secret),
        ]
        for holder in holders {
            for text in Self.printings(of: holder) {
                #expect(!text.contains("tellnobody"))
                // The bytes of "tell", as a dump of an array would show them.
                #expect(!(text.contains("116") && text.contains("101") && text.contains("108")))
            }
        }
        #expect(secret.description == "whsec_…")
        #expect(secret.debugDescription == "whsec_…")
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    private static func printings(of value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return ["\(value)", String(describing: value), String(reflecting: value), dumped]
    }
}
