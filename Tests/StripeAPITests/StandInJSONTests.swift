import Foundation
@testable import StripeStandIn
import Testing

/// The stand-in reads JSON itself, so it has to read what Foundation reads.
struct StandInJSONTests {
    @Test(arguments: [
        "{}", " [ ] ", "null", "true", "-0", "0", "12", "-9223372036854775808", "9223372036854775807", "1e3",
        "-1.5E-3",
        #""""#, #""×é😀""#, #""\"\\\/\b\f\n\r\t\u00d7\uD83D\uDE00""#,
        #"{"a":[1,2,{"b":null}],"c":{"d":[[],{}]},"":false}"#, "\t{\r\n \"a\" : 1 , \"b\" : [ 1 , 2 ]\n}",
    ])
    func `reads JSON as Foundation does`(text: String) throws {
        let mine = try JSON(parsing: Array(text.utf8))
        let again = try JSONSerialization.jsonObject(with: Data(mine.bytes), options: .fragmentsAllowed)
        let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        #expect((again as? NSObject) == (theirs as? NSObject))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,]", "[,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "{\"a\" 1}", "{} {}",
        "nul", "truex", "True", "01", "-", "+1", "1.", ".5", "1e", "--1", "1-1", "\"", "\"\\\"", "\"\\x\"",
        "\"\\u12\"",
        "\"\\uD83D\"", "\"\\uD83D\\u0041\"", "\"\\uDE00\"", "\"\\u+123\"", "\"\n\"", "\"a\u{0}\"", "'a'",
        "NaN",
        "\u{FEFF}{}", String(repeating: "[", count: 100_000),
        String(repeating: "[", count: 513) + String(repeating: "]", count: 513),
    ])
    func `reads nothing else`(text: String) {
        #expect(throws: JSON.SyntaxError.self) { try JSON(parsing: Array(text.utf8)) }
    }

    @Test func `reads neither another encoding nor a broken one`() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x7B, 0, 0x7D, 0], [0x22, 0x5C, 0x6E, 0xC3, 0x22],
        ] {
            #expect(throws: JSON.SyntaxError.self) { try JSON(parsing: bytes) }
        }
    }

    @Test func `reads as deep as Stripe never goes, and side by side as often as it likes`() throws {
        let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        _ = try JSON(
            parsing: Array("[[],[],[\(Array(repeating: "[]", count: 2000).joined(separator: ","))]]".utf8)
        )
        _ = try JSON(parsing: Array(deep.utf8))
    }
}
