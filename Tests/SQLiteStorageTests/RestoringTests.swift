import Foundation
import GRDB
import Storage
import StorageConformance
import Testing

@testable import SQLiteStorage

/// Restoring a backup, and the state after an interruption.
struct RestoringTests {
    /// A database of one charge, closed, and a backup of one with another.
    private func withBackup(_ body: (TemporaryPlace, SQLiteBackup) async throws -> Void) async throws {
        try await withPlace { other in
            let copy = other.folder.appending(path: "copy.sqlite").path
            try await record("ch_new", at: other.path) { try await $0.writeBackup(to: copy) }
            try await withPlace { place in
                try await record("ch_old", at: place.path)
                try await body(place, SQLiteBackup(path: copy))
            }
        }
    }

    private func record(
        _ charge: String,
        at path: String,
        then body: (SQLiteStore) async throws -> Void = { _ in }
    ) async throws {
        let store = try SQLiteStore(path: path)
        try await store.record(MadeUp.event("evt_\(charge)", "charge.succeeded", MadeUp.charge(charge)))
        try await body(store)
        await store.close()
    }

    private func charges(at path: String) async throws -> [String] {
        let store = try SQLiteStore(path: path)
        let rows = try await store.allRows().map(\.id)
        await store.close()
        return rows
    }

    @Test func `a backup replaces the database, which is kept`() async throws {
        try await withBackup { place, backup in
            #expect(throws: SQLiteBackup.Fault.targetExists(place.path)) {
                try backup.restore(to: place.path, replaces: false)
            }
            try backup.restore(to: place.path, replaces: true)
            try backup.verify(against: place.path)
            #expect(try await charges(at: place.path) == ["ch_new"])
            #expect(try await charges(at: place.path + ".replaced") == ["ch_old"])
        }
    }

    @Test func `what a killed service left is restored with its WAL`() async throws {
        try await withPlace { killed in
            try await withPlace { place in
                let left = killed.folder.appending(path: "left.sqlite").path
                try await record("ch_new", at: killed.path) { _ in
                    for suffix in ["", "-wal"] {
                        try FileManager.default.copyItem(atPath: killed.path + suffix, toPath: left + suffix)
                    }
                }
                let backup = SQLiteBackup(path: left)
                #expect(try backup.examine().events == 1)
                try await record("ch_old", at: place.path)
                try backup.restore(to: place.path, replaces: true)
                try backup.verify(against: place.path)
                #expect(try await charges(at: place.path) == ["ch_new"])
            }
        }
    }

    @Test func `a folder is no database to replace`() async throws {
        try await withBackup { place, backup in
            let folder = place.folder.appending(path: "volume").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            #expect(throws: SQLiteBackup.Fault.targetFolder(folder)) {
                try backup.restore(to: folder, replaces: true)
            }
            var isFolder = ObjCBool(false)
            #expect(
                FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) && isFolder.boolValue
            )
        }
    }

    @Test func `a restore onto a link replaces the file that it leads to`() async throws {
        try await withBackup { place, backup in
            let link = place.folder.appending(path: "link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.path)
            try backup.restore(to: link, replaces: true)
            try backup.verify(against: link)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == place.path)
            #expect(try await charges(at: place.path) == ["ch_new"])
            #expect(try await charges(at: place.path + ".replaced") == ["ch_old"])
        }
    }

    /// The files that were moved, or not yet, when the power went.
    @Test(arguments: [[], [""], ["", "-wal"]])
    func `a restore that broke off keeps the service from starting, and can be run again`(
        moved: [String]
    )
        async throws
    {
        try await withBackup { place, backup in
            let files = FileManager.default
            try Data("of the old database".utf8).write(to: URL(filePath: place.path + "-wal"))
            for suffix in moved {
                try files.moveItem(atPath: place.path + suffix, toPath: place.path + ".replaced" + suffix)
            }
            try files.copyItem(atPath: backup.path, toPath: place.path + ".incoming")
            let error = #expect(throws: SQLiteStartError.self) { try SQLiteStore(path: place.path) }
            #expect(error == .halfRestored(place.path))
            #expect(error?.description.contains("restore FILE --replace") == true)

            try backup.restore(to: place.path, replaces: true)
            try backup.verify(against: place.path)
            #expect(try await charges(at: place.path) == ["ch_new"])
            #expect(files.fileExists(atPath: place.path + ".replaced-wal"))
            #expect(try await charges(at: place.path + ".replaced") == ["ch_old"])
        }
    }

    @Test func `what one restore moved aside stays as it is at the next one`() async throws {
        try await withBackup { place, backup in
            let files = FileManager.default
            try Data("of another database".utf8).write(to: URL(filePath: place.path + ".replaced-wal"))
            for _ in 0..<2 { try backup.restore(to: place.path, replaces: true) }
            #expect(files.contents(atPath: place.path + ".replaced-wal") == Data("of another database".utf8))
            #expect(!files.fileExists(atPath: place.path + ".replaced"))
            #expect(try await charges(at: place.path + ".replaced-2") == ["ch_old"])
            #expect(try await charges(at: place.path + ".replaced-3") == ["ch_new"])
        }
    }

    @Test func `a database is no backup of itself`() async throws {
        try await withBackup { place, _ in
            let link = place.folder.appending(path: "link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.path)
            for path in [place.path, link] {
                #expect(throws: SQLiteBackup.Fault.itself(path)) {
                    try SQLiteBackup(path: path).restore(to: place.path, replaces: true)
                }
            }
            #expect(try await charges(at: place.path) == ["ch_old"])
        }
    }

    /// Files that are no valid backup, by how they are made from one.
    @Test(arguments: [
        ("newer", "INSERT INTO grdb_migrations (identifier) VALUES ('9999_of_tomorrow')"),
        ("another's", "DROP TABLE grdb_migrations"), ("another's", "DELETE FROM grdb_migrations"),
        ("another's", "DROP TABLE customer_links"),
        ("another's", "ALTER TABLE transactions RENAME COLUMN amount TO body"),
        ("another's", "CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT raise(abort, 'no'); END"),
    ])
    func `only a backup of ours takes the place of anything`(origin: String, change: String) async throws {
        try await withBackup { place, backup in
            let queue = try DatabaseQueue(path: backup.path)
            try await queue.writeWithoutTransaction { try $0.execute(sql: change) }
            try queue.close()
            let fault: SQLiteBackup.Fault =
                origin == "newer" ? .newer(backup.path) : .unreadable(backup.path)
            #expect(throws: fault) { try backup.restore(to: place.path, replaces: true) }
            #expect(!FileManager.default.fileExists(atPath: place.path + ".replaced"))
            #expect(try await charges(at: place.path) == ["ch_old"])
        }
    }

    @Test func `a missing backup and a folder are refused as such`() async throws {
        try await withPlace { place in
            let folder = place.folder.path
            for (path, fault) in [
                (folder + "/none.sqlite", SQLiteBackup.Fault.missing(folder + "/none.sqlite")),
                (folder, .folder(folder)),
            ] {
                #expect(throws: fault) {
                    try SQLiteBackup(path: path).restore(to: place.path, replaces: true)
                }
                #expect(fault.description.contains(path) && !fault.description.contains("not a backup"))
            }
        }
    }

    @Test func `a damaged copy takes the place of nothing`() async throws {
        try await withBackup { place, backup in
            var bytes = try Data(contentsOf: URL(filePath: backup.path))
            bytes.replaceSubrange(8192..<16_384, with: [UInt8](repeating: 0, count: 8192))
            try bytes.write(to: URL(filePath: backup.path))
            #expect(throws: SQLiteBackup.Fault.damaged(backup.path)) {
                try backup.restore(to: place.path, replaces: true)
            }
            #expect(try await charges(at: place.path) == ["ch_old"])
        }
    }

    @Test func `a backup that was not finished is removed at the start, and an operator's own is not`()
        async throws
    {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            let (unfinished, own) = (store.temporaryBackupPath, place.path + ".backup-monday")
            await store.close()
            for path in [unfinished, own] { try Data("a copy".utf8).write(to: URL(filePath: path)) }
            let again = try SQLiteStore(path: place.path)
            #expect(!FileManager.default.fileExists(atPath: unfinished))
            #expect(FileManager.default.fileExists(atPath: own))
            await again.close()
        }
    }
}
