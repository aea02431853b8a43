import Cryptography
import Testing

@Suite struct SHA256DigestTests {
    /// The examples of FIPS 180-4, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func `computes the published digest`(message: String, hex: String) {
        #expect(SHA256Digest(of: Array(message.utf8)).hex == hex)
    }

    @Test func `is read back from its own hexadecimal, as a set would find it`() throws {
        let digest = SHA256Digest(of: Array("cb_key".utf8))
        let read = try #require(SHA256Digest(hex: digest.hex.utf8))
        #expect(Set([digest]).contains(read))
        #expect(SHA256Digest(of: Array("cb_key ".utf8)) != digest)
    }

    @Test(arguments: ["", "ab", String(repeating: "F", count: 64)])
    func `is not read from anything but sixty-four lower-case digits`(text: String) {
        #expect(SHA256Digest(hex: text.utf8) == nil)
    }
}
