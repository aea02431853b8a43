import Foundation
import Testing

@testable import ConsoleBilling

/// A folder of its own, which is gone after the test.
final class EventFilesTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "events-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func write(_ name: String, _ text: String) throws -> String {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: file)
        return file.path(percentEncoded: false)
    }

    private func event(_ id: String) -> String { #"{"id":"\#(id)","type":"charge.succeeded"}"# }

    @Test func `a file's bytes are sent as they lie there`() throws {
        let text = "{\n  \"id\": \"evt_1\",\r\n  \"type\": \"×\"\n}\n\n"
        let files = try EventFiles([try write("one.json", text)])
        #expect(files.events.map(\.bytes) == [Array(text.utf8)])
    }

    @Test func `a line is an event, without its end`() throws {
        let path = try write(
            "many.jsonl",
            "\(event("evt_1"))\n\r\n  \n \(event("evt_2"))\r\n\(event("evt_3"))"
        )
        let files = try EventFiles([path])
        let bodies = files.events.map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(bodies == [event("evt_1"), " " + event("evt_2"), event("evt_3")])
    }

    @Test func `a folder is read in order, with the folders in it`() throws {
        _ = try write("b.json", event("evt_b"))
        _ = try write("a/2.jsonl", event("evt_2") + "\n" + event("evt_3"))
        _ = try write("a/1.json", event("evt_1"))
        _ = try write("c.txt", "not looked at")
        let files = try EventFiles([folder.path(percentEncoded: false)])
        #expect(files.events.map(\.id) == ["evt_1", "evt_2", "evt_3", "evt_b"])
    }

    @Test func `JSON in a folder that is no event is passed over, and said`() throws {
        _ = try write("events.jsonl", event("evt_1"))
        _ = try write("feed.json", "[]")
        let files = try EventFiles([folder.path(percentEncoded: false)])
        #expect(files.events.map(\.id) == ["evt_1"])
        #expect(files.skipped.count == 1)
        #expect(files.skippedRemark?.hasSuffix("feed.json") == true)
    }

    @Test func `JSON that was named and is no event is refused`() throws {
        let path = try write("feed.json", "[]")
        #expect(
            throws: CommandFailure(
                Sysexits.badData,
                "\(path): this is JSON, but no event: it has no id and type."
            )
        ) {
            try EventFiles([path])
        }
    }

    @Test func `a line that cannot be read is named by its number`() throws {
        let path = try write("events.jsonl", event("evt_1") + "\n\n{\"id\":\n")
        #expect(throws: CommandFailure(Sysexits.badData, "\(path):3: this is not JSON.")) {
            try EventFiles([path])
        }
    }

    @Test func `a path that leads nowhere is named`() {
        #expect(throws: CommandFailure(Sysexits.badData, "nowhere: there is no such file or folder.")) {
            try EventFiles(["nowhere"])
        }
    }

    @Test(arguments: [#"{"id":"evt_1","type":"x"}"#, "{\n\"id\":\"evt_1\",\n\"type\":\"x\"}\n"])
    func `text of no declared kind may be one event`(text: String) throws {
        #expect(try EventFiles([try write("events", text)]).events.map(\.id) == ["evt_1"])
    }

    @Test func `text of no declared kind may be an event a line`() throws {
        let path = try write("events", event("evt_1") + "\n" + event("evt_2") + "\n")
        #expect(try EventFiles([path]).events.map(\.id) == ["evt_1", "evt_2"])
    }
}
