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
        for (path, flags) in [
            (path, O_RDONLY), (URL(filePath: path).deletingLastPathComponent().path, O_RDONLY),
        ] {
            let descriptor = open(path, flags | O_CLOEXEC)
            guard descriptor >= 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR) }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
        }
    }
}
