import Foundation
import GRDB
package import Storage

extension SQLiteStore: BackupSource {
    package var temporaryBackupPath: String {
        Self.unfinishedBackup(of: path) + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// The prefix of temporary backups, which an operator would not choose for a backup.
    private static func unfinishedBackup(of path: String) -> String {
        let file = URL(filePath: path)
        return file.deletingLastPathComponent().appending(
            path: ".\(file.lastPathComponent).unfinished-backup-"
        ).path
    }

    /// Removes the backups that a killed process left unfinished; each may be as large as the database.
    static func removeUnfinishedBackups(of path: String) {
        let beginning = URL(filePath: unfinishedBackup(of: path))
        let folder = beginning.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasPrefix(beginning.lastPathComponent) {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    package func writeBackup(to destination: String) async throws(StoreError) {
        try inFlight.begin("writing a backup")
        defer { inFlight.end() }
        do {
            // A separate read-only connection sees one state of the database for the whole backup, while the
            // writer continues.
            let reader = try Self.openReader(path)
            defer { try? reader.close() }
            try await reader.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [destination])
            }
            try FileSync.sync(destination)
        } catch {
            // If the disk is full, SQLite leaves its journal.
            for suffix in ["", "-journal"] {
                try? FileManager.default.removeItem(atPath: destination + suffix)
            }
            throw StoreError(error, while: "writing a backup")
        }
    }
}

/// Makes a file and its name durable.
enum FileSync {
    static func sync(_ path: String) throws {
        for path in [path, URL(filePath: path).deletingLastPathComponent().path] { try syncAlone(path) }
    }

    /// Creates a folder and its missing parents, which only this user can read.
    ///
    /// Their names are synced too: without that, a power failure could remove the folder with the database
    /// that SQLite synced.
    static func makeFolder(_ folder: URL) throws {
        guard !FileManager.default.fileExists(atPath: folder.path) else { return }
        let parent = folder.deletingLastPathComponent()
        if parent.path != folder.path { try makeFolder(parent) }
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try syncAlone(folder.path)
        try syncAlone(parent.path)
    }

    /// Whether a file of 64 KiB can be written and synced beside another; it is removed again.
    static func hasSpace(beside path: String) -> Bool {
        let probe = path + ".space"
        let descriptor = open(probe, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer {
            close(descriptor)
            unlink(probe)
        }
        let bytes = [UInt8](repeating: 1, count: 64 << 10)
        return bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
            && fsync(descriptor) == 0
    }

    private static func syncAlone(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
    }
}
