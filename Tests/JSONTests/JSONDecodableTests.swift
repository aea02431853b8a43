import JSON
import Testing

/// Values that are read from JSON, and the errors of those that are not.
@Suite struct JSONDecodableTests {
    private struct Record: JSONDecodable, Equatable {
        enum Kind: String, JSONDecodable { case one, two }

        let kind: Kind
        let numbers: [Int]
        let share: Double
        let counts: [String: Int]
        let note: String?

        init(_ json: JSONValue) throws(JSONFieldError) {
            kind = try json.decode("kind")
            numbers = try json.decode("numbers")
            share = try json.decode("share")
            counts = try json.decode("counts")
            note = try json.decodeIfPresent("note")
        }
    }

    private func text(kind: String = #""two""#, numbers: String = "[1,2]", note: String = "null") -> String {
        #"{"counts":{"a":1},"kind":\#(kind),"note":\#(note),"numbers":\#(numbers),"share":0.5}"#
    }

    @Test func `a record reads its members by name and type`() throws {
        let record = try Record(json: Array(text().utf8))
        #expect(record.kind == .two && record.numbers == [1, 2] && record.share == 0.5)
        #expect(record.counts == ["a": 1] && record.note == nil)
        #expect(try Record(json: Array(text(note: #""x""#).utf8)).note == "x")
    }

    @Test(
        arguments: [
            (#""three""#, "[1,2]", "kind is not a known value"), ("null", "[1,2]", "kind is null"),
            (#""one""#, "[1,1.5]", "numbers.1 is not a whole number"),
            (#""one""#, "{}", "numbers is not a list"),
        ]
    )
    func `a value of another type is an error with its path`(kind: String, numbers: String, problem: String) {
        let error = #expect(throws: JSONFieldError.self) {
            try Record(json: Array(text(kind: kind, numbers: numbers).utf8))
        }
        #expect(error?.description == problem)
    }

    @Test func `a member that is absent is an error, unless it is optional`() {
        let error = #expect(throws: JSONFieldError.self) { try Record(json: Array("{}".utf8)) }
        #expect(error?.description == "kind is missing")
    }
}
