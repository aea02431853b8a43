import Cryptography
import Testing

@Suite struct AuthenticationCodeTests {
    private let code = HMACKey(Array("key".utf8)).code(over: Array("message".utf8))

    @Test func `is read back from its own hexadecimal`() throws {
        let read = try #require(AuthenticationCode(hex: code.hex.utf8))
        #expect(read == code)
        #expect(read.hex == code.hex)
    }

    @Test(arguments: 0..<256)
    func `differs from another by a single bit anywhere`(bit: Int) throws {
        var digits = Array(code.hex.utf8)
        let value = try #require(Character(Unicode.Scalar(digits[bit / 4])).hexDigitValue)
        digits[bit / 4] = try #require(String(value ^ 1 << (bit % 4), radix: 16).utf8.first)
        let other = try #require(AuthenticationCode(hex: digits))
        #expect(other != code)
    }

    @Test(arguments: [
        "", "0", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "A", count: 64), String(repeating: "0", count: 63) + "g",
        String(repeating: "0", count: 63) + " ", String(repeating: "0", count: 63) + "\0",
        "0x" + String(repeating: "0", count: 62), String(repeating: "é", count: 32),
    ])
    func `is not read from anything but sixty-four lower-case digits`(text: String) {
        #expect(AuthenticationCode(hex: text.utf8) == nil)
    }

    @Test func `no byte but the sixteen digits is a digit`() {
        let read = (UInt8.min...UInt8.max).filter {
            AuthenticationCode(hex: [UInt8](repeating: $0, count: 64)) != nil
        }
        #expect(read == Array("0123456789abcdef".utf8))
    }
}
