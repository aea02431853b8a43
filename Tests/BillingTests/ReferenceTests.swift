import Billing
import Foundation
import Scenarios
import TestSupport
import Testing

/// Our projection against one that shares no code with it: `Tests/Reference/reference_feed.py`.
struct ReferenceTests {
    private static let batchSize: UInt64 = 25

    /// `STORIES` says how many stories in all.
    private static let batches: [Range<UInt64>] = {
        let count = ProcessInfo.processInfo.environment["STORIES"].flatMap { UInt64($0) } ?? 300
        return stride(from: 0, to: count, by: Int(batchSize)).map { $0..<min($0 + batchSize, count) }
    }()

    @Test(arguments: batches)
    func `the reference in Python reads the same rows out of generated stories`(seeds: Range<UInt64>) throws {
        let mixed = RandomScenario.Traits(shapes: APIVersionShape.withIntents, mixesShapes: true)
        let payloads = seeds.flatMap { seed in
            // Every other story is in several API versions.
            let traits = seed.isMultiple(of: 2) ? RandomScenario.Traits() : mixed
            return RandomScenario.random(seed: seed, traits: traits).events.map(\.body)
        }
        let expected = try reference(payloads)
        let found = try NaiveFeed.rows(of: payloads).map { try $0.feedJSON }
        let ours = Set(found).subtracting(expected)
        let theirs = Set(expected).subtracting(found)
        #expect(ours.isEmpty && theirs.isEmpty, "seeds \(seeds): ours \(ours), the reference's \(theirs)")
        #expect(found.count == expected.count)
    }

    private func reference(_ payloads: [[UInt8]]) throws -> [JSONText] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reference-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let lines = payloads.map { payload in
            payload.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
        }
        let events = folder.appending(path: "events.jsonl")
        try Data(lines.joined(separator: [UInt8(ascii: "\n")])).write(to: events)

        let script = Testdata.url("../Tests/Reference/reference_feed.py").standardized
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", script.path, events.path]
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0, "python3 is a prerequisite of the tests")
        let rows = try JSONSerialization.jsonObject(with: text)
        return try (rows as? [Any] ?? []).map(JSONText.init)
    }
}
