import Foundation

/// A story of `testdata/scenarios`: the bodies of its events, and the feed they must give.
package struct Scenario: Sendable, CustomStringConvertible {
    package let name: String
    package let payloads: [[UInt8]]
    /// The rows as JSON objects, in order, links left out.
    package let feed: [JSONText]

    package var description: String { name }

    package static let all: [Scenario] = {
        let folder = Testdata.url("scenarios")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { try? Scenario(name: $0, folder: folder.appending(path: $0)) }
    }()

    private init(name: String, folder: URL) throws {
        self.name = name
        payloads = try Data(contentsOf: folder.appending(path: "events.jsonl"))
            .split(separator: UInt8(ascii: "\n")).map(Array.init)
        let rows = try JSONSerialization.jsonObject(
            with: Data(contentsOf: folder.appending(path: "feed.json"))
        )
        feed = try (rows as? [Any] ?? []).map(JSONText.init)
    }
}

/// JSON in one canonical spelling, so that two documents can be compared and a difference read.
package struct JSONText: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String { text }

    package init(_ object: Any) throws {
        let data = try JSONSerialization.data(
            withJSONObject: object,
            options: [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed]
        )
        text = String(decoding: data, as: UTF8.self)
    }

    package init(bytes: [UInt8]) throws {
        try self.init(JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed))
    }
}
