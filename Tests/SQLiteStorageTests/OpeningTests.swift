import Foundation
import GRDB
import Storage
import StorageConformance
import Testing

@testable import SQLiteStorage

struct OpeningTests {
    @Test(arguments: [("synchronous", "2"), ("journal_mode", "wal")])
    func `the writer syncs fully into a write-ahead log`(setting: String, value: String) async throws {
        try await withSQLiteStore { store in
            try await store.record(MadeUp.event("evt_1", "a.b", [:]))
            let found = try await store.writer.read { try String.fetchOne($0, sql: "PRAGMA \(setting)") }
            #expect(found == value)
        }
    }

    @Test func `temporary files are beside the database, because the root may be read-only`() async throws {
        try await withSQLiteStore { store in
            let folder = try await store.writer.read { db in
                try String.fetchOne(db, sql: "PRAGMA temp_store_directory")
            }
            // One for the process: that of the database that was opened first.
            #expect(folder?.isEmpty == false)
        }
    }

    @Test func `a reader can neither write nor checkpoint by itself`() async throws {
        try await withSQLiteStore { store in
            for reader in store.readers.connections {
                let pages = try await reader.read { try Int.fetchOne($0, sql: "PRAGMA wal_autocheckpoint") }
                #expect(pages == 0)
                await #expect(throws: DatabaseError.self) {
                    try await reader.writeWithoutTransaction { try $0.execute(sql: "DELETE FROM events") }
                }
            }
        }
    }

    @Test func `a second store is refused with a message that names the process of the first`() async throws {
        try await withPlace { place in
            let first = try SQLiteStore(path: place.path)
            let error = #expect(throws: DatabaseLockError.self) { try SQLiteStore(path: place.path) }
            let holder = "process \(ProcessInfo.processInfo.processIdentifier)"
            #expect(error == .held(path: place.path, by: holder))
            #expect(error?.description.contains(holder) == true)
            #expect(error?.description.contains(place.path) == true)
            await first.close()
            let second = try SQLiteStore(path: place.path)
            await second.close()
            withExtendedLifetime(first) {}
        }
    }

    @Test(arguments: ["link", "chain", "folder"])
    func `a second store is refused that comes by a link`(kind: String) async throws {
        try await withPlace { place in
            let first = try SQLiteStore(path: place.path)
            let link = place.folder.appending(path: kind).path
            let files = FileManager.default
            switch kind {
            case "link": try files.createSymbolicLink(atPath: link, withDestinationPath: "billing.sqlite")
            case "chain":
                try files.createSymbolicLink(atPath: link + "2", withDestinationPath: place.path)
                try files.createSymbolicLink(atPath: link, withDestinationPath: link + "2")
            default: try files.createSymbolicLink(atPath: link, withDestinationPath: place.folder.path)
            }
            let path = kind == "folder" ? link + "/billing.sqlite" : link
            let holder = "process \(ProcessInfo.processInfo.processIdentifier)"
            #expect(throws: DatabaseLockError.held(path: place.path, by: holder)) {
                try SQLiteStore(path: path)
            }
            await first.close()
            let second = try SQLiteStore(path: path)
            await second.close()
        }
    }

    @Test func `a second store is refused when the file has got another name meanwhile`() async throws {
        try await withPlace { place in
            let first = try SQLiteStore(path: place.path)
            let other = place.folder.appending(path: "other.sqlite").path
            try FileManager.default.moveItem(atPath: place.path, toPath: other)
            #expect(throws: DatabaseLockError.held(path: other, by: "")) { try SQLiteStore(path: other) }
            await first.close()
            let second = try SQLiteStore(path: other)
            await second.close()
        }
    }

    @Test func `a file of two names is refused by either, also by a restore, until it has one`() async throws
    {
        try await withPlace { place in
            let first = try SQLiteStore(path: place.path)
            let copy = place.folder.appending(path: "copy.sqlite").path
            try await first.writeBackup(to: copy)
            await first.close()
            let other = place.folder.appending(path: "other.sqlite").path
            try FileManager.default.linkItem(atPath: place.path, toPath: other)
            for path in [place.path, other] {
                let linked = DatabaseLockError.linked(path: path, names: 2)
                #expect(throws: linked) { try SQLiteStore(path: path) }
                #expect(throws: linked) { try SQLiteBackup(path: copy).restore(to: path, replaces: true) }
            }
            try FileManager.default.removeItem(atPath: other)
            let again = try SQLiteStore(path: place.path)
            await again.close()
        }
    }

    @Test func `a database is made where a link leads that waits for it`() async throws {
        try await withPlace { place in
            let link = place.folder.appending(path: "link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "billing.sqlite")
            let store = try SQLiteStore(path: link)
            for suffix in ["", "-wal", ".lock"] {
                #expect(FileManager.default.fileExists(atPath: place.path + suffix), "\(suffix)")
            }
            await store.close()
        }
    }

    @Test func `a store that could not open leaves the file to the next`() async throws {
        try await withPlace { place in
            try Data("this is no database, and longer than a header of one hundred bytes would be: ".utf8)
                .write(to: URL(filePath: place.path))
            #expect(throws: SQLiteStartError.noDatabase(place.path)) { try SQLiteStore(path: place.path) }
            try FileManager.default.removeItem(atPath: place.path)
            let store = try SQLiteStore(path: place.path)
            await store.close()
        }
    }

    @Test func `a folder is refused as such, and not as a file of several names`() async throws {
        try await withPlace { place in
            try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
            let error = #expect(throws: SQLiteStartError.self) { try SQLiteStore(path: place.path) }
            #expect(error == .isFolder(place.path))
            #expect(error?.description.contains("leads to the folder \(place.path).") == true)
        }
    }

    @Test func `a file that is no database is refused by name and left as it is`() async throws {
        try await withPlace { place in
            let text = Data(String(repeating: "the accounts of 2024\n", count: 1000).utf8)
            try text.write(to: URL(filePath: place.path))
            let error = #expect(throws: SQLiteStartError.self) { try SQLiteStore(path: place.path) }
            #expect(error == .noDatabase(place.path))
            #expect(error?.description.contains(place.path) == true)
            #expect(try Data(contentsOf: URL(filePath: place.path)) == text)
        }
    }

    @Test(arguments: [
        "CREATE TABLE notes (text TEXT)",
        "CREATE TABLE events (id TEXT); CREATE TABLE transactions (id TEXT)",
        "CREATE TABLE grdb_migrations (identifier TEXT); INSERT INTO grdb_migrations VALUES ('theirs')",
    ])
    func `another program's database is refused by name and left as it is`(sql: String) async throws {
        try await withPlace { place in
            try place.edit(sql)
            let bytes = try Data(contentsOf: URL(filePath: place.path))
            #expect(throws: SQLiteStartError.foreign(place.path)) { try SQLiteStore(path: place.path) }
            #expect(try Data(contentsOf: URL(filePath: place.path)) == bytes)
        }
    }

    @Test func `a database written by a newer version is refused, and stays usable for that version`()
        async throws
    {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.path)
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            await store.close()
            try place.edit("INSERT INTO grdb_migrations (identifier) VALUES ('9999_of_tomorrow')")
            let error = #expect(throws: SQLiteStartError.self) { try SQLiteStore(path: place.path) }
            #expect(error == .newerSchema(place.path) && error?.description.contains(place.path) == true)

            try place.edit("DELETE FROM grdb_migrations WHERE identifier = '9999_of_tomorrow'")
            let again = try SQLiteStore(path: place.path)
            #expect(try await again.allRows().map(\.id) == ["ch_1"])
            await again.close()
        }
    }

    @Test func `only the owner may read the files`() async throws {
        try await withPlace { place in
            let path = place.folder.appending(path: "data/of/ours/billing.sqlite").path
            let store = try SQLiteStore(path: path)
            try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
            for suffix in ["", "-wal", "-shm", ".lock"] {
                #expect(try permissions(path + suffix) == 0o600, "\(suffix)")
            }
            #expect(try permissions(URL(filePath: path).deletingLastPathComponent().path) == 0o700)
            await store.close()
        }
    }

    @Test func `a folder that cannot be made is named`() async throws {
        try await withPlace { place in
            let file = place.folder.appending(path: "file")
            try Data().write(to: file)
            let folder = file.appending(path: "folder")
            let error = #expect(throws: SQLiteStartError.self) {
                try SQLiteStore(path: folder.appending(path: "billing.sqlite").path)
            }
            #expect(error == .folder(folder.path))
            #expect(error?.description.contains(folder.path) == true)
        }
    }

    @Test func `an empty file becomes a database`() async throws {
        try await withPlace { place in
            try Data().write(to: URL(filePath: place.path))
            let store = try SQLiteStore(path: place.path)
            try await store.checkReady()
            await store.close()
        }
    }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
