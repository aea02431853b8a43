import Foundation
import Testing

/// A page as it was looked at and found good, in a file of `Snapshots`.
enum Snapshot {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Snapshots")

    /// Compares a page with its file, byte for byte.
    static func check(
        _ page: String,
        _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["RENEW_SNAPSHOTS"] == "1" {
            try Data(page.utf8).write(to: file)
        }
        let expected = FileManager.default.contents(atPath: file.path).map {
            String(decoding: $0, as: UTF8.self)
        }
        let first = zip(page.split(separator: "\n"), (expected ?? "").split(separator: "\n"))
            .first { $0.0 != $0.1 }
        #expect(
            page == expected,
            """
            The page is not as in Tests/WebTests/Snapshots/\(name). It has
              \(first?.0 ?? "more or fewer lines")
            and not
              \(first?.1 ?? "those of the file")
            If that is meant: RENEW_SNAPSHOTS=1 swift test --filter WebTests, and look at the difference in git.
            """,
            sourceLocation: sourceLocation
        )
    }
}
