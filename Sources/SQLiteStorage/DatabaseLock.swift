import Foundation
import Synchronization

/// Holds a database file for this process alone, by a lock file beside it.
///
/// SQLite would let two processes share the file. We do not: one connection must own every write and every
/// checkpoint (SQLite before 3.51.3 can corrupt a WAL that two connections reset), and one process the
/// order of the log.
final class DatabaseLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// - Throws: ``DatabaseLockError`` naming the process that holds the file.
    init(databasePath: String) throws {
        let path = databasePath + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DatabaseLockError.unavailable(path: path, reason: String(cString: strerror(errno)))
        }
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
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Lets the next process have the file.
    func release() {
        descriptor.withLock { descriptor in
            if let held = descriptor { close(held) }
            descriptor = nil
        }
    }
}

/// Why a database file could not be had for this process alone.
package enum DatabaseLockError: Error, Equatable, CustomStringConvertible {
    case held(path: String, by: String)
    case unavailable(path: String, reason: String)

    package var description: String {
        switch self {
        case .held(let path, let holder):
            "The database \(path) is in use by \(holder.isEmpty ? "another process" : holder). "
                + "Stop it first, or set DATABASE_URL to another file."
        case .unavailable(let path, let reason):
            "The lock file \(path) cannot be opened: \(reason). "
                + "Make its folder writable for this user, or set DATABASE_URL to another place."
        }
    }
}
