import Foundation
import Synchronization

/// Locks a database for this process: its path with a lock file next to it, and the file itself.
///
/// SQLite allows two processes to share the file. We do not: one connection must do every write and every
/// checkpoint (SQLite before 3.51.3 can corrupt a WAL that two connections reset), and one process must
/// determine the order of the log.
///
/// A file may have another name: a hard link, a bind mount, or a new name given while the file is in use.
/// SQLite then keeps a second WAL next to that name, and each process overwrites the events that the other
/// acknowledged (<https://www.sqlite.org/howtocorrupt.html>, "Multiple links to the same file").
final class DatabaseLock: Sendable {
    private let path: String
    /// The descriptor of the lock file, and of the database once that is locked too.
    private let descriptors: Mutex<[Int32]>

    /// Locks the path, which must name the file itself and not a symbolic link.
    ///
    /// - Throws: ``DatabaseLockError`` with the process that holds the lock.
    init(databasePath: String) throws {
        let descriptor = try Self.openLocked(databasePath, O_CREAT, LOCK_EX)
        path = databasePath
        let note = Array("process \(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = note.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        descriptors = Mutex([descriptor])
    }

    deinit { release() }

    /// Checks whether a database can be locked, without creating the lock file.
    ///
    /// - Throws: ``DatabaseLockError``
    static func examine(databasePath: String) throws(DatabaseLockError) {
        try requireOneName(databasePath)
        let path = databasePath + ".lock"
        if access(path, F_OK) == 0 {
            // Shared and for a moment only: another check does not fail because of this one.
            close(try openLocked(databasePath, 0, LOCK_SH))
        } else if access(URL(filePath: path).deletingLastPathComponent().path, W_OK | X_OK) != 0 {
            throw .unavailable(path: path, reason: String(cString: strerror(errno)))
        }
    }

    /// Opens the lock file of a database, with further flags of `open(2)`, and locks it with `LOCK_EX` or `LOCK_SH`.
    private static func openLocked(
        _ databasePath: String,
        _ flags: Int32,
        _ operation: Int32
    ) throws(DatabaseLockError) -> Int32 {
        let path = databasePath + ".lock"
        let descriptor = open(path, O_RDWR | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else {
            throw .unavailable(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, operation | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            close(descriptor)
            throw .held(path: databasePath, by: holder.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return descriptor
    }

    private static func requireOneName(_ path: String) throws(DatabaseLockError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink > 1 {
            throw .linked(path: path, names: Int(status.st_nlink))
        }
    }

    /// Locks the file itself, so that another process cannot open it under another name.
    ///
    /// The descriptor must stay open until SQLite has closed the file: when a process closes any descriptor
    /// of a file, it loses the locks that SQLite has on that file
    /// (<https://www.sqlite.org/howtocorrupt.html>, "Posix advisory locks canceled"). This lock does not
    /// interfere with SQLite's, which are of another kind
    /// (<https://man7.org/linux/man-pages/man2/flock.2.html>).
    ///
    /// - Parameter flags: The flags of `open(2)`.
    /// - Returns: Whether the file could be opened; if not, `errno` says why.
    /// - Throws: ``DatabaseLockError``
    func lockFile(_ flags: Int32) throws(DatabaseLockError) -> Bool {
        try Self.requireOneName(path)
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .held(path: path, by: "")
        }
        descriptors.withLock { $0.append(descriptor) }
        return true
    }

    /// Releases the locks, so that another process can open the database.
    func release() {
        descriptors.withLock { descriptors in
            for descriptor in descriptors { close(descriptor) }
            descriptors = []
        }
    }
}

/// Why this process cannot have a database to itself.
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
                + "would overwrite each other's events. Find them, and remove all but one: find / -samefile "
                + "'\(path.replacing("'", with: "'\\''"))'"
        case .unavailable(let path, let reason):
            "The lock file \(path) cannot be opened: \(reason). "
                + "Make its folder writable for this user, or set DATABASE_URL to another place."
        }
    }
}
