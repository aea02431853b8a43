#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// The files under `testdata/`, wherever the repository was checked out.
package enum Testdata {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "testdata")

    /// Where a file or folder is, named by its path inside `testdata/`.
    package static func url(_ path: String) -> URL {
        folder.appending(path: path)
    }

    package static func bytes(_ path: String) throws -> [UInt8] {
        try Array(Data(contentsOf: url(path)))
    }
}
