import Foundation
import GRDB
import Storage

/// A backup file of the embedded database, which can be checked and restored.
package struct SQLiteBackup: Sendable {
    /// The counts and the size of a backup.
    package struct Contents: Sendable, Equatable {
        package let events: Int
        package let transactions: Int
        package let bytes: Int
    }

    /// Why a backup cannot be used.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        case missing(String)
        case folder(String)
        case unreadable(String)
        case damaged(String)
        case newer(String)
        case targetFolder(String)
        case targetExists(String)
        case itself(String)
        case differs(table: String, rows: Int)

        package var description: String {
            switch self {
            case .missing(let path): "There is no file \(path). Give the path of a backup."
            case .folder(let path): "\(path) is a folder. Give the path of a backup in it."
            case .unreadable(let path): "\(path) is not a backup of console-billing's."
            case .damaged(let path):
                "\(path) is damaged: SQLite's integrity check fails. Use an older backup."
            case .newer(let path):
                "\(path) was made by a newer version of console-billing. Restore it with that version, or use an older backup."
            case .targetFolder(let path):
                "\(path) is a folder. Give the path of the database file, such as \(path)/console-billing.sqlite."
            case .targetExists(let path):
                "\(path) exists. Move it away first, or say --replace to have it moved to \(path).replaced."
            case .itself(let path): "\(path) is the database itself, not a backup of it."
            case .differs(let table, let rows):
                "the restored database differs from the backup: \(rows) rows of \(table)."
            }
        }
    }

    package let path: String

    package init(path: String) { self.path = path }

    /// Checks every page, and counts the events and transactions.
    ///
    /// - Throws: ``Fault``.
    /// - Returns: The counts and the size.
    package func examine() throws -> Contents {
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Fault.missing(path)
        }
        guard !isFolder.boolValue else { throw Fault.folder(path) }
        do {
            let queue = try open(path)
            defer { try? queue.close() }
            return try queue.read { db in
                guard try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok" else {
                    throw Fault.damaged(path)
                }
                switch try Schema.origin(of: db) {
                case .ours: break
                case .newer: throw Fault.newer(path)
                case .empty, .foreign: throw Fault.unreadable(path)
                }
                let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
                return Contents(
                    events: try Int.fetchOne(db, sql: "SELECT count(*) FROM events") ?? 0,
                    transactions: try Int.fetchOne(db, sql: "SELECT count(*) FROM transactions") ?? 0,
                    bytes: bytes ?? 0
                )
            }
        } catch let error as Fault {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            throw Fault.damaged(path)
        } catch {
            throw Fault.unreadable(path)
        }
    }

    /// Replaces a database that no process has open with the backup.
    ///
    /// - Parameters:
    ///   - target: The database file.
    ///   - replaces: Whether an existing database is moved aside; it is never deleted.
    /// - Throws: ``Fault``, ``DatabaseLockError``, or an error of the file system; the old database is then
    ///   unchanged, or moved to `.replaced`.
    package func restore(to target: String, replaces: Bool) throws {
        let files = FileManager.default
        _ = try examine()
        try FileSync.makeFolder(URL(filePath: target).deletingLastPathComponent())
        // If the path is a symbolic link, its target is replaced and not the link.
        let target = DatabaseFiles.resolved(target)
        guard DatabaseFiles.resolved(path) != target else { throw Fault.itself(path) }
        let lock = try DatabaseLock(databasePath: target)
        defer { withExtendedLifetime(lock) {} }
        _ = try lock.lockFile(O_RDONLY)
        var isFolder = ObjCBool(false)
        if files.fileExists(atPath: target, isDirectory: &isFolder) {
            guard !isFolder.boolValue else { throw Fault.targetFolder(target) }
            guard replaces else { throw Fault.targetExists(target) }
        }

        let incoming = Self.incoming(target)
        let partial = incoming + ".partial"
        for suffix in Self.suffixes { try? files.removeItem(atPath: partial + suffix) }
        try copy(to: partial)
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: partial)
        try FileSync.sync(partial)
        // From here until the last line the target is incomplete. If the process is killed in between, the
        // service finds the `.incoming` file and does not create an empty database.
        try Self.rename(partial, to: incoming)
        try FileSync.sync(incoming)
        let aside = Self.aside(target)
        for suffix in Self.suffixes where files.fileExists(atPath: target + suffix) {
            try files.moveItem(atPath: target + suffix, toPath: aside + suffix)
        }
        try FileSync.sync(incoming)
        try Self.rename(incoming, to: target)
        try FileSync.sync(target)
    }

    /// Copies the database with all that its WAL holds: the file that an interrupted service or restore left has one.
    private func copy(to partial: String) throws {
        let (source, copy) = (try open(path), try DatabaseQueue(path: partial))
        try source.backup(to: copy)
        try copy.close()
        try source.close()
    }

    private static let suffixes = ["", "-wal", "-shm"]

    /// The path that the old database is moved to: `.replaced`, or the first free one of `.replaced-2`,
    /// `.replaced-3` and so on.
    ///
    /// If the target is already missing, an interrupted restore has moved it: its WAL must go to the same place,
    /// because a WAL next to a database of another time would corrupt that database.
    private static func aside(_ target: String) -> String {
        let files = FileManager.default
        func name(_ number: Int) -> String { target + ".replaced" + (number > 1 ? "-\(number)" : "") }
        var number = 1
        while Self.suffixes.contains(where: { files.fileExists(atPath: name(number) + $0) }) { number += 1 }
        return name(files.fileExists(atPath: target) ? number : max(1, number - 1))
    }

    private static func incoming(_ target: String) -> String { target + ".incoming" }

    /// Whether a restore has begun and not finished.
    static func isBeingRestored(_ target: String) -> Bool {
        FileManager.default.fileExists(atPath: incoming(target))
    }

    /// Renames in one step, and replaces an existing file of that name.
    private static func rename(_ path: String, to target: String) throws {
        guard Foundation.rename(path, target) == 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR) }
    }

    /// Compares every row of every table with those of a database that no process has open.
    ///
    /// - Throws: ``Fault/differs(table:rows:)`` for the first table that differs.
    package func verify(against target: String) throws {
        let queue = try open(target)
        defer { try? queue.close() }
        try queue.writeWithoutTransaction { db in
            try DatabaseFiles.keepTemporaryFiles(beside: DatabaseFiles.resolved(target), db)
            try db.execute(sql: "ATTACH ? AS backup", arguments: [path])
            let tables = try String.fetchAll(
                db,
                sql: "SELECT name FROM backup.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            for table in tables {
                let name = table.quotedDatabaseIdentifier
                let differing =
                    try Int.fetchOne(
                        db,
                        sql: """
                            SELECT
                                (SELECT count(*) FROM (SELECT * FROM backup.\(name) EXCEPT SELECT * FROM main.\(name)))
                                + (SELECT count(*)
                                    FROM (SELECT * FROM main.\(name) EXCEPT SELECT * FROM backup.\(name)))
                            """
                    ) ?? 0
                if differing > 0 { throw Fault.differs(table: table, rows: differing) }
            }
        }
    }

    private func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }
}
