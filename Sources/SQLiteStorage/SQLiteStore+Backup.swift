import Foundation
import GRDB
package import Storage

extension SQLiteStore: BackupSource {
    package var temporaryBackupPath: String {
        "\(path).backup-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    package func writeBackup(to destination: String) async throws(StoreError) {
        try inFlight.begin("writing a backup")
        defer { inFlight.end() }
        do {
            // A connection of its own, that only reads: it sees one state of the database for as long as it takes,
            // while the writer goes on.
            let reader = try Self.openReader(path)
            defer { try? reader.close() }
            try await reader.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [destination])
            }
            try FileSync.sync(destination)
        } catch {
            try? FileManager.default.removeItem(atPath: destination)
            throw StoreError(error, while: "writing a backup")
        }
    }
}

/// Makes a file and its name durable.
enum FileSync {
    static func sync(_ path: String) throws {
        for path in [path, URL(filePath: path).deletingLastPathComponent().path] { try syncAlone(path) }
    }

    /// Makes a folder, and those it is in, for nobody else to look into.
    ///
    /// What SQLite syncs is lost with a folder whose own name the disk never learnt.
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

    private static func syncAlone(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
    }
}
