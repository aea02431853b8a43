import JSON
import NIOCore
import Testing

@testable import Web

/// The JSON of answers.
@Suite struct JSONBodyTests {
    private struct Costs: JSONObject {
        let average: Double

        func write(to json: inout JSONWriter) {
            json.member("average", average)
            json.member("days", 3)
        }
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan, .signalingNaN])
    func `a number that JSON cannot say is null, and the rest of the answer is there`(average: Double) {
        let body = JSONBody.encode(Costs(average: average))
        #expect(String(buffer: body) == #"{"average":null,"days":3}"#)
    }
}
