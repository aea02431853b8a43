import JSON
import Testing

/// Reading: what a text holds, and which texts are refused.
@Suite struct JSONValueTests {
    private func read<Result>(_ text: String, _ body: (JSONValue) throws -> Result) throws -> Result {
        try JSONValue.read(Array(text.utf8), body)
    }

    @Test(
        arguments: [
            ("25", 25), ("25.0", 25), ("2.5e1", 25), ("2500e-2", 25), ("-0", 0), ("0e9999", 0),
            ("-9223372036854775808", .min), ("9223372036854775807", .max),
        ] as [(String, Int64)]
    )
    func `reads a whole number in any form`(text: String, number: Int64) throws {
        #expect(try read(text) { $0.integer } == number)
    }

    @Test(arguments: ["9223372036854775808", "1e19", "2.5", "1e-1", "\"1\"", "true", "null"])
    func `is no whole number of 64 bits`(text: String) throws {
        #expect(try read(text) { $0.integer } == nil)
    }

    @Test(
        arguments: [
            (#""\u00e9\ud83d\ude00\n\/""#, "é😀\n/"), (#""\u0000""#, "\0"), (#""""#, ""),
            ("\"\u{7F}\"", "\u{7F}"),
        ]
    )
    func `decodes escapes`(text: String, string: String) throws {
        #expect(try read(text) { $0.string } == string)
    }

    @Test(arguments: [#""\ud83d""#, #""\ude00\ud83d""#])
    func `has no string for half a surrogate pair`(text: String) throws {
        #expect(try read(text) { $0.string } == nil)
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "00", "+1", ".5", "1.", "tru", "1 2", "'a'"])
    func `refuses what RFC 8259 does not allow`(text: String) {
        #expect(throws: JSONSyntaxError.notJSON) { try read(text) { _ in } }
    }

    @Test func `refuses bytes that are not UTF-8`() {
        let bytes = [UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\"")]
        #expect(throws: JSONSyntaxError.notUTF8) { try JSONValue.read(bytes) { _ in } }
    }

    @Test func `refuses nesting beyond 512 levels`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        try read(nested(512)) { _ in }
        #expect(throws: JSONSyntaxError.tooDeep) { try read(nested(513)) { _ in } }
    }

    @Test func `finds the first of two members with one name, however it is spelt`() throws {
        #expect(try read(#"{"\u0069d":1,"id":2}"#) { $0["id"]?.integer } == 1)
    }

    @Test func `a null member is absent to the subscript and present to member`() throws {
        try read(#"{"id":null}"#) { json in
            #expect(json["id"] == nil)
            #expect(json.member("id")?.isNull == true)
            #expect(json.member("name") == nil)
        }
    }

    @Test func `an error names the field and never its value`() throws {
        let error = try read(#"{"data":{"list":[{"id":"secret"}]}}"#) { json -> JSONFieldError? in
            (json["data"]?["list"]?.elements?.first?["id"]).map { .wrong($0, "is not a time") }
        }
        #expect(error?.description == "data.list.0.id is not a time")
    }
}
