import Foundation
import GRDB
import Storage
import Synchronization

/// The identity of an open database's files, to notice when they are deleted or replaced.
///
/// A process can write to a deleted file until it closes the file. All events that it acknowledges meanwhile
/// are lost when it ends.
package struct DatabaseFiles: Sendable {
    private struct Identity: Sendable, Equatable {
        let device: UInt64
        let inode: UInt64
    }

    private let identities: [(path: String, identity: Identity?)]

    /// - Parameter path: A database that is open, so that its WAL exists.
    init(ofOpenDatabase path: String) {
        let resolved = Self.resolved(path)
        identities = [path, resolved, resolved + "-wal"].map { ($0, Self.identity(of: $0)) }
    }

    /// - Throws: ``StoreError`` of code `moved` if a file is deleted or replaced.
    func check() throws(StoreError) {
        for (path, identity) in identities where Self.identity(of: path) != identity {
            throw StoreError(.moved, while: "looking for the database's files")
        }
    }

    /// The path of the file itself, with symbolic links resolved.
    ///
    /// SQLite follows a link, and creates the WAL next to the file that the link leads to. The file may not
    /// exist yet, even if a link to it does.
    package static func resolved(_ path: String) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        let isMissing = [ENOENT, ENOTDIR].contains(errno)
        let url = URL(filePath: path)
        let folder = url.deletingLastPathComponent()
        if isMissing, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            return resolved(URL(filePath: target, relativeTo: folder).path)
        }
        guard let real = realpath(folder.path, nil) else { return path }
        defer { free(real) }
        return URL(filePath: String(cString: real)).appending(path: url.lastPathComponent).path
    }

    /// Makes SQLite keep its temporary files next to the first database that this process opens for writing.
    ///
    /// SQLite's default is `/var/tmp` or `/tmp`, and a container with a read-only root may have neither. A
    /// folder named by `SQLITE_TMPDIR` is kept: <https://www.sqlite.org/tempfiles.html#tempdir>. The folder
    /// applies to the whole process, and must not change while another connection uses it:
    /// <https://www.sqlite.org/pragma.html#pragma_temp_store_directory>
    static func keepTemporaryFiles(beside database: String, _ db: Database) throws {
        let isFirst = temporaryFolderIsSet.exchange(true, ordering: .acquiringAndReleasing) == false
        guard isFirst, getenv("SQLITE_TMPDIR") == nil else { return }
        let folder = URL(filePath: database).deletingLastPathComponent().path
        try db.execute(sql: "PRAGMA temp_store_directory = '\(folder.replacing("'", with: "''"))'")
    }

    private static let temporaryFolderIsSet = Atomic(false)

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
