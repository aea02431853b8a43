import Stories
import Testing

@testable import ConsoleBilling

struct EventBodyTests {
    private func body(_ text: String) throws -> EventBody { try EventBody(Array(text.utf8)) }

    @Test func `only the event's own id is replaced`() throws {
        let text = """
            { "data": {"id": "ch_1", "object": {"id":"in"}}, "list": ["id", {"id": "x"}],
              "note": "\\"id\\": \\\\", "id" : "evt_old", "type":"charge.succeeded", "object":"id" }

            """
        let renamed = try #require(try body(text).renamed("evt_new"))
        #expect(String(decoding: renamed.bytes, as: UTF8.self) == text.replacing("evt_old", with: "evt_new"))
        #expect(renamed.id == "evt_new")
    }

    @Test func `an id whose name is disguised is not replaced`() throws {
        #expect(try body(#"{"\u0069d": "evt_1", "type": "x"}"#).renamed("evt_2") == nil)
    }

    @Test func `a story's event can be renamed and stays an event`() throws {
        let event = GeneratedStory.random(seed: 4).events[0]
        let renamed = try #require(try EventBody(event.body).renamed("evt_x"))
        #expect(try EventBody(renamed.bytes) == renamed)
        #expect(renamed.type == event.type)
    }

    @Test func `fresh ids are ids, and fresh`() {
        let ids = (0..<100).map { _ in EventBody.freshID() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.hasPrefix("evt_") && $0.count == 28 })
    }

    @Test(arguments: ["", "{", "evt_1", #"{"id":"evt_1","type":"x"} {}"#])
    func `what is not JSON is called so`(text: String) {
        #expect(throws: EventBody.Fault.notJSON) { try body(text) }
    }

    @Test(arguments: ["[]", "{}", #"{"id":"ch_1","object":"charge"}"#, #"{"id":1,"type":"x"}"#])
    func `JSON that is no event is called so`(text: String) {
        #expect(throws: EventBody.Fault.notAnEvent) { try body(text) }
    }

    @Test func `bytes that are not UTF-8 are no JSON`() {
        #expect(throws: EventBody.Fault.notJSON) {
            try EventBody(Array(#"{"id":"evt_1","type":""#.utf8) + [0xFF, 0x22, 0x7D])
        }
    }
}
