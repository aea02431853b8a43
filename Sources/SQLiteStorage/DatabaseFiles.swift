import Foundation
import GRDB
import Storage
import Synchronization

/// Knows the files of an open database, to notice when somebody deletes or replaces them.
///
/// A process goes on writing to a file that has no name any more, and all that it acknowledges then is gone when it
/// ends.
package struct DatabaseFiles: Sendable {
    private struct Identity: Sendable, Equatable {
        let device: UInt64
        let inode: UInt64
    }

    private let identities: [(path: String, identity: Identity?)]

    /// - Parameter path: A database that is open, so that its WAL is there too.
    init(ofOpenDatabase path: String) {
        let resolved = Self.resolved(path)
        identities = [path, resolved, resolved + "-wal"].map { ($0, Self.identity(of: $0)) }
    }

    /// - Throws: ``StoreError`` of code `moved`.
    func check() throws(StoreError) {
        for (path, identity) in identities where Self.identity(of: path) != identity {
            throw StoreError(.moved, while: "looking for the database's files")
        }
    }

    /// The name of the file that a path leads to, with no link in it.
    ///
    /// SQLite follows a link, and puts the WAL beside the file that it leads to. A file that is yet to be made may have
    /// a link that waits for it.
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

    /// Has SQLite keep its temporary files beside the first database that this process opens to write.
    ///
    /// Its own choice is `/var/tmp` or `/tmp`, and a container with a read-only root may have neither. A folder that
    /// `SQLITE_TMPDIR` names stands: <https://www.sqlite.org/tempfiles.html#tempdir>. The folder is one for the whole
    /// process, and is not to be changed while another connection uses it:
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
