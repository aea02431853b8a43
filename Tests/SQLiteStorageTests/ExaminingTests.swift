import Foundation
import Testing

@testable import SQLiteStorage

/// A check before the start, which finds what the start would refuse and changes nothing.
struct ExaminingTests {
    enum Obstacle: CaseIterable {
        case folder, otherProgram, newerVersion, text, secondName, restore, danglingLink, lockFolder
    }

    @Test(arguments: Obstacle.allCases)
    func `finds what opening refuses`(obstacle: Obstacle) async throws {
        try await withPlace { place in
            let files = FileManager.default
            if obstacle == .newerVersion || obstacle == .secondName {
                let store = try SQLiteStore(path: place.path)
                await store.close()
            }
            switch obstacle {
            case .folder: try files.createDirectory(atPath: place.path, withIntermediateDirectories: true)
            case .otherProgram: try place.edit("CREATE TABLE notes (text TEXT)")
            case .newerVersion:
                try place.edit("INSERT INTO grdb_migrations (identifier) VALUES ('9999_of_tomorrow')")
            case .text:
                let text = Data(String(repeating: "the accounts of 2024\n", count: 1000).utf8)
                try text.write(to: URL(filePath: place.path))
            case .secondName: try files.linkItem(atPath: place.path, toPath: place.path + ".other")
            case .restore: try Data().write(to: URL(filePath: place.path + ".incoming"))
            case .danglingLink:
                let target = place.folder.appending(path: "absent/billing.sqlite").path
                try files.createSymbolicLink(atPath: place.path, withDestinationPath: target)
            case .lockFolder:
                try files.createDirectory(atPath: place.path + ".lock", withIntermediateDirectories: true)
            }
            func contents() throws -> [String] {
                // A reader of a write-ahead log leaves an empty one, which the next start takes over.
                try files.contentsOfDirectory(atPath: place.folder.path).sorted()
                    .filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
            }
            let before = try contents()
            let found = #expect(throws: (any Error).self) { try SQLiteStore.examine(path: place.path) }
            #expect(try contents() == before)
            let refused = #expect(throws: (any Error).self) { try SQLiteStore(path: place.path) }
            #expect("\(try #require(found))" == "\(try #require(refused))")
        }
    }

    @Test func `a database is found good, absent or in use`() async throws {
        try await withPlace { place in
            #expect(try !SQLiteStore.examine(path: place.folder.appending(path: "made/later.sqlite").path))
            #expect(try !SQLiteStore.examine(path: place.path))
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.path) == [])
            let store = try SQLiteStore(path: place.path)
            let holder = "process \(ProcessInfo.processInfo.processIdentifier)"
            #expect(throws: DatabaseLockError.held(path: place.path, by: holder)) {
                try SQLiteStore.examine(path: place.path)
            }
            await store.close()
            let link = place.folder.appending(path: "link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.path)
            for path in [place.path, link] { #expect(try SQLiteStore.examine(path: path)) }
        }
    }
}
