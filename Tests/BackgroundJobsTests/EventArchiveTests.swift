import Billing
import Foundation
import Storage
import Testing
import BackgroundJobs

struct EventArchiveTests {
    /// Makes a folder for as long as `body` runs.
    func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "archive-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    func event(_ id: String, receivedAt: Int64 = 1_750_000_000) -> StoredEvent {
        let payload = Array(#"{"id":"\#(id)","type":"some.thing"}"#.utf8)
        return StoredEvent(
            sequence: 1,
            entry: EventEntry(
                id: id,
                type: "some.thing",
                created: nil,
                receivedAt: Instant(unixSeconds: receivedAt),
                livemode: false,
                account: nil,
                apiVersion: nil,
                source: .webhook,
                disposition: .ignored,
                reason: nil,
                objectID: nil,
                size: payload.count
            ),
            payload: payload,
            extract: nil
        )
    }

    func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    func ids(_ text: String) throws -> [String] {
        struct Line: Decodable { let id: String }
        return try text.split(separator: "\n").map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8)).id
        }
    }

    @Test func `each day with received events has a file that only its owner may read`() throws {
        try withFolder { folder in
            let archive = EventArchive(folder: folder.path)
            // The last second of a day and the first of the next, by UTC.
            try archive.append([event("evt_1", receivedAt: 1_750_031_999)])
            try archive.append([
                event("evt_2", receivedAt: 1_750_032_000), event("evt_3", receivedAt: 1_750_031_998),
            ])
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(names == ["events-2025-06-15.jsonl", "events-2025-06-16.jsonl"])
            #expect(try ids(text(folder.appending(path: names[0]))) == ["evt_1", "evt_3"])
            #expect(try ids(text(folder.appending(path: names[1]))) == ["evt_2"])
            for name in names {
                let path = folder.appending(path: name).path
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600)
            }
        }
    }

    @Test(arguments: [#"{"body":"half a li"#, String(repeating: "x", count: 200_000)])
    func `a line cut by a crash does not affect the next one`(torn: String) throws {
        try withFolder { folder in
            let file = folder.appending(path: "events-2025-06-15.jsonl")
            for whole in ["", #"{"id":"evt_0"}"# + "\n"] {
                try Data((whole + torn).utf8).write(to: file)
                try EventArchive(folder: folder.path).append([event("evt_1")])
                #expect(try ids(text(file)) == (whole.isEmpty ? ["evt_1"] : ["evt_0", "evt_1"]))
            }
        }
    }

    @Test func `a folder that is not there is not made, and named`() throws {
        try withFolder { folder in
            let missing = folder.appending(path: "missing").path
            let fault = #expect(throws: EventArchive.Fault.self) {
                try EventArchive(folder: missing).append([event("evt_1")])
            }
            #expect(fault?.description == "the folder of EVENT_ARCHIVE, \(missing), does not exist")
            #expect(!FileManager.default.fileExists(atPath: missing))
        }
    }

    @Test func `a link in the folder is not followed`() throws {
        try withFolder { folder in
            let elsewhere = folder.appending(path: "elsewhere").path
            let file = folder.appending(path: "events-2025-06-15.jsonl")
            try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: elsewhere)
            #expect(throws: EventArchive.Fault.self) {
                try EventArchive(folder: folder.path).append([event("evt_1")])
            }
            #expect(!FileManager.default.fileExists(atPath: elsewhere))
        }
    }

    @Test func `a file that another process writes is left alone`() throws {
        try withFolder { folder in
            let archive = EventArchive(folder: folder.path)
            try archive.append([event("evt_1")])
            let file = folder.appending(path: "events-2025-06-15.jsonl")
            let other = open(file.path, O_RDWR)
            defer { close(other) }
            #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
            let fault = #expect(throws: EventArchive.Fault.self) { try archive.append([event("evt_2")]) }
            #expect(fault?.description == "another process is writing \(file.path)")
            #expect(flock(other, LOCK_UN) == 0)
            try archive.append([event("evt_2")])
            #expect(try ids(text(file)) == ["evt_1", "evt_2"])
        }
    }
}

extension EventArchiveTests {
    @Test func `chosen bodies are removed from the archive, and every other line stays byte for byte`() throws
    {
        try withFolder { folder in
            let archive = EventArchive(folder: folder.path)
            try archive.append([event("evt_1"), event("evt_2"), event("evt_3", receivedAt: 1_750_032_000)])
            let (first, second) = ("events-2025-06-15.jsonl", "events-2025-06-16.jsonl")
            let untouched = try text(folder.appending(path: second))
            let isChosen = { @Sendable (body: ArchivedEvent) in body.key.id == "evt_1" }
            #expect(try archive.files(erasing: false, where: isChosen) == [first])
            #expect(try ids(text(folder.appending(path: first))) == ["evt_1", "evt_2"])
            #expect(try archive.files(erasing: true, where: isChosen) == [first])
            let line = String(decoding: try #require(ArchivedEvent.line(of: event("evt_2"))), as: UTF8.self)
            #expect(try text(folder.appending(path: first)) == line)
            #expect(try text(folder.appending(path: second)) == untouched)
            #expect(try archive.files(erasing: true, where: isChosen).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
            let path = folder.appending(path: first).path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }
}
