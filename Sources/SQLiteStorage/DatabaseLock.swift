import Foundation
import Synchronization

/// Holds a database for this process alone: its name by a lock file beside it, and the file itself.
///
/// SQLite would let two processes share the file. We do not: one connection must own every write and every
/// checkpoint (SQLite before 3.51.3 can corrupt a WAL that two connections reset), and one process the
/// order of the log.
///
/// A file can be reached by another name: a hard link, a bind mount, a new name given while it is in use. SQLite then
/// keeps a second WAL beside that name, and each process overwrites what the other acknowledged
/// (<https://www.sqlite.org/howtocorrupt.html>, "Multiple links to the same file").
final class DatabaseLock: Sendable {
    private let path: String
    /// Of the lock file, and of the database once it is locked too.
    private let descriptors: Mutex<[Int32]>

    /// Locks the name, which leads to the file itself and not to a link.
    ///
    /// - Throws: ``DatabaseLockError`` naming the process that holds it.
    init(databasePath: String) throws {
        let path = databasePath + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DatabaseLockError.unavailable(path: path, reason: String(cString: strerror(errno)))
        }
        self.path = databasePath
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            close(descriptor)
            throw DatabaseLockError.held(
                path: databasePath,
                by: holder.trimmingCharacters(in: .whitespacesAndNewlines)
            )
        }
        let note = Array("process \(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = note.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        descriptors = Mutex([descriptor])
    }

    deinit { release() }

    /// Locks the file too, by whichever name another process has it.
    ///
    /// The descriptor stays open until SQLite has closed the file: to close any one of a process ends the locks that
    /// SQLite has on it (<https://www.sqlite.org/howtocorrupt.html>, "Posix advisory locks canceled"). SQLite's are of
    /// another kind, which this one does not touch (<https://man7.org/linux/man-pages/man2/flock.2.html>).
    ///
    /// - Parameter flags: How to open it, of `open(2)`.
    /// - Returns: Whether the file could be opened; `errno` says why not.
    /// - Throws: ``DatabaseLockError``
    func lockFile(_ flags: Int32) throws(DatabaseLockError) -> Bool {
        var status = stat()
        if stat(path, &status) == 0, status.st_nlink > 1 {
            throw .linked(path: path, names: Int(status.st_nlink))
        }
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .held(path: path, by: "")
        }
        descriptors.withLock { $0.append(descriptor) }
        return true
    }

    /// Lets the next process have the file.
    func release() {
        descriptors.withLock { descriptors in
            for descriptor in descriptors { close(descriptor) }
            descriptors = []
        }
    }
}

/// Why a database file could not be had for this process alone.
package enum DatabaseLockError: Error, Equatable, CustomStringConvertible {
    case held(path: String, by: String)
    case linked(path: String, names: Int)
    case unavailable(path: String, reason: String)

    package var description: String {
        switch self {
        case .held(let path, let holder):
            "The database \(path) is in use by \(holder.isEmpty ? "another process" : holder). "
                + "Stop it first, or set DATABASE_URL to another file."
        case .linked(let path, let names):
            "The database \(path) has \(names) names (hard links), and SQLite keeps a log beside each: two services "
                + "would overwrite each other's events. Find them with find -samefile, and remove all but one."
        case .unavailable(let path, let reason):
            "The lock file \(path) cannot be opened: \(reason). "
                + "Make its folder writable for this user, or set DATABASE_URL to another place."
        }
    }
}
