import Cryptography
import Testing

@Suite struct Base64URLTests {
    /// https://www.rfc-editor.org/rfc/rfc4648#section-10, without padding.
    @Test(
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func `encodes and decodes the vectors of RFC 4648`(text: String, encoded: String) {
        #expect(Base64URL.encoded(text.utf8) == encoded)
        #expect(Base64URL.decoded(encoded) == Array(text.utf8))
    }

    @Test func `uses the URL-safe alphabet`() {
        #expect(Base64URL.encoded([0xFB, 0xFF]) == "-_8")
        #expect(Base64URL.decoded("-_8") == [0xFB, 0xFF])
    }

    @Test(arguments: ["A", "Zg=", "Zg==", "Zh", "+/8", "Zm 9v", "Zm9v\n"])
    func `refuses a second spelling of the same bytes`(text: String) {
        #expect(Base64URL.decoded(text) == nil)
    }
}
