import Billing
import JSON
import Testing

@testable import Web

/// How records are taken out of a body.
struct RecordListTests {
    private func numbers(_ body: String) throws(APIError) -> [Int64] {
        try RecordList.read(Array(body.utf8)) { json throws(JSONFieldError) in json["n"]?.integer ?? 0 }
    }

    private func refusal(_ body: String) -> String? {
        do throws(APIError) {
            _ = try numbers(body)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        #"[{"n":1},{"n":2}]"#, " \n[ {\"n\":1} ,\r\n\t{\"n\":2}\n]\n ", "{\"n\":1}\n{\"n\":2}",
        "\n\n{\"n\":1}\r\n  \n{\"n\":2}\n\n", #"[{"a":["]",[",{"],{}],"n":1},{"n":2,"b":"\"],\\"}]"#,
    ])
    func `an array and lines are the same records`(body: String) throws {
        #expect(try numbers(body) == [1, 2])
    }

    @Test func `one record may be spread over lines, and an array may be empty`() throws {
        #expect(try numbers("{\n\"n\":\n1}\n") == [1])
        #expect(try numbers("[ ]") == [])
    }

    @Test(arguments: [
        ("", "Record 1: there is no record"), ("\n \n", "Record 1: there is no record"),
        (#"[{"n":1},]"#, "Record 2: it is not JSON"), ("[,]", "Record 1: it is not JSON"),
        (#"[{"n":1} {"n":2}]"#, "Record 1: it is not JSON"), (#"[{"n":1}"#, "the body is not JSON"),
        (#"[{"n":1}] {"n":2}"#, "the body is not JSON"), (#"[{"n":1}}"#, "the body is not JSON"),
        (#"[{"n":1},7]"#, "Record 2: it is not a JSON object"),
        ("{\"n\":1}\n\n{\"n\":", "Record 3: it is not JSON"),
        (#"[{"n":"]"#, "the body is not JSON"),
    ])
    func `an invalid record is named by its position`(body: String, words: String) {
        #expect(refusal(body)?.contains(words) == true, "\(refusal(body) ?? "taken")")
    }

    @Test(arguments: [(",", "["), ("\n", "")])
    func `nothing is read behind the last record that there may be`(separator: String, start: String) throws {
        let most = start + Array(repeating: "{}", count: 10_000).joined(separator: separator)
        #expect(try numbers(most + (start.isEmpty ? "" : "]")).count == 10_000)
        // The rest is not JSON, and is never read.
        #expect(refusal(most + separator + "{}" + separator + "nonsense")?.contains("at most 10000") == true)
    }

    @Test func `a large body is read by lines, and never as a whole`() {
        let spread = "{\"n\":1\n" + String(repeating: " ", count: 1 << 20) + "\n}"
        #expect(refusal(spread)?.contains("Record 1: it is not JSON") == true)
    }

    @Test func `a record of more than a mebibyte is none`() {
        let long = #"{"n":1,"a":""# + String(repeating: "a", count: 1 << 20) + #""}"#
        for body in [long, "[\(long)]", "{}\n\(long)"] {
            #expect(refusal(body)?.contains("longer than 1048576 bytes") == true)
        }
    }
}
