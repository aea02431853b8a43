import Billing
import Storage
import Scenarios
import TestSupport
import Testing
import BackgroundJobs

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

    @Test func `an id whose name is written with an escape is replaced too`() throws {
        let renamed = try #require(try body(#"{"\u0069d": "evt_1", "type": "x"}"#).renamed("evt_2"))
        #expect(String(decoding: renamed.bytes, as: UTF8.self) == #"{"\u0069d": "evt_2", "type": "x"}"#)
    }

    @Test func `a story's event can be renamed and stays an event`() throws {
        let event = RandomScenario.random(seed: 4).events[0]
        let renamed = try #require(try EventBody(event.body).renamed("evt_x"))
        #expect(try EventBody(renamed.bytes) == renamed)
        #expect(renamed.type == event.type)
    }

    @Test func `bodies of one event in several versions share their new id, and no other has it`() throws {
        let texts = ["evt_1", "evt_2", "evt_1"].enumerated().map { number, id in
            #"{"id":"\#(id)","type":"x","api_version":"\#(number)"}"#
        }
        let ids = try ReplayCommand.renamed(texts.map(body)).map(\.id)
        #expect(ids[0] == ids[2])
        #expect(Set(ids).union(["evt_1", "evt_2"]).count == 4)
    }

    /// A body on its way into the archive.
    private func archived(_ body: [UInt8]) throws -> [UInt8] {
        let entry = EventEntry(
            id: "evt_1",
            type: "charge.succeeded",
            created: nil,
            receivedAt: Instant(unixSeconds: 1_750_000_000),
            livemode: true,
            account: nil,
            apiVersion: nil,
            source: .webhook,
            disposition: .projected,
            reason: nil,
            objectID: nil,
            size: body.count
        )
        let event = StoredEvent(sequence: 1, entry: entry, payload: body, extract: nil)
        return try #require(ArchivedEvent.line(of: event))
    }

    @Test func `a line of the archive is the body in it, byte for byte`() throws {
        let text = #" {"id":"evt_1", "type":"charge.succeeded","livemode":true,"n":"\u0000é\n\/"}"# + " \r\n"
        let line = try archived(Array(text.utf8))
        #expect(line.count(where: { $0 == UInt8(ascii: "\n") }) == 1)
        let event = try EventBody(line)
        #expect(event.bytes == Array(text.utf8))
        #expect((event.id, event.type, event.livemode) == ("evt_1", "charge.succeeded", true))
    }

    @Test func `bytes that are no text go into the archive and come out as they were`() throws {
        let line = try archived([0x7B, 0xFF, 0x7D])
        #expect(throws: EventBody.Fault.notJSON) { try EventBody(line) }
        #expect(String(decoding: line, as: UTF8.self).contains(#""body_base64":"e/99""#))
    }

    @Test func `an event that only speaks of the archive is itself`() throws {
        let text = #"{"id":"evt_1","type":"x","object":"event","body":"archived_event"}"#
        #expect(try body(text).bytes == Array(text.utf8))
    }

    @Test func `fresh ids are ids, and fresh`() {
        let ids = (0..<100).map { _ in EventBody.freshID() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.hasPrefix("evt_") && $0.count == 28 })
    }

    @Test(arguments: ["", "{", "evt_1", #"{"id":"evt_1","type":"x"} {}"#])
    func `input that is not JSON is reported as such`(text: String) {
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
