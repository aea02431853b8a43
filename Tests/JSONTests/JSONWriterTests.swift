import Foundation
import JSON
import Testing

/// Writing: one form for each value, which any reader reads back.
@Suite struct JSONWriterTests {
    @Test func `a missing value is absent or null, as its member says`() {
        let json = JSONWriter.object { json in
            json.member("absent", nil as String?)
            json.nullable("null", nil as Int?)
            json.nullable("object", nil as Int?) { json, _ in json.member("never", true) }
            json.nullable("there", 1)
        }
        #expect(String(decoding: json, as: UTF8.self) == #"{"null":null,"object":null,"there":1}"#)
    }

    @Test(arguments: ["\"", "\\", "/", "\n\r\t\u{8}\u{C}", "\u{0}\u{1F}\u{7F}", "é😀\u{2028}", ""])
    func `a text reads as it was`(text: String) throws {
        let bytes = JSONWriter.bytes(of: [text, text])
        #expect(try JSONDecoder().decode([String].self, from: Data(bytes)) == [text, text])
        #expect(try [String](json: bytes) == [text, text])
    }

    @Test(
        arguments: [
            (0, "0"), (-0.5, "-0.5"), (10, "10"), (0.1, "0.1"), (1e21, "1e+21"), (.infinity, "null"),
            (.nan, "null"),
        ] as [(Double, String)]
    )
    func `a floating-point number has no needless fraction`(number: Double, text: String) {
        #expect(JSONWriter.text(of: number) == text)
    }

    @Test(arguments: [Int64.min, -1, 0, 10, .max])
    func `a whole number reads as it was`(number: Int64) throws {
        #expect(JSONWriter.text(of: number) == String(number))
        #expect(try Int64(json: JSONWriter.bytes(of: number)) == number)
    }

    @Test func `a dictionary and gathered members are sorted by name`() {
        var members = JSONMembers()
        members.add("b", [1, 2])
        members.add("", ["z": true, "a": nil])
        members.add("absent", nil as String?)
        members.add("a", JSONText("[ ]"))
        #expect(JSONWriter.text(of: members) == #"{"":{"a":null,"z":true},"a":[ ],"b":[1,2]}"#)
    }

    @Test func `an ordered object keeps the order of its members`() {
        let json = JSONWriter.orderedObject { json in
            json.member("b", 1)
            json.member(named: "a", "\n")
        }
        #expect(String(decoding: json, as: UTF8.self) == #"{"b":1,"a":"\n"}"#)
    }

    @Test func `indented text has one value a line`() {
        let value = ["list": [[], [1, 2]], "none": []] as [String: [[Int]]]
        let text = """
            {
              "list": [
                [],
                [
                  1,
                  2
                ]
              ],
              "none": []
            }
            """
        #expect(JSONWriter.text(inOrder: value, isIndented: true) == text)
    }
}
