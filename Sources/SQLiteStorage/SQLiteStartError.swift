import Foundation

/// Why the store refuses to start.
package enum SQLiteStartError: Error, Equatable, CustomStringConvertible {
    case notDurable
    case newerSchema(String)
    case folder(String)
    case isFolder(String)
    case notWritable(String, reason: String)
    case noDatabase(String)
    case foreign(String)
    case halfRestored(String)

    /// The error for the `errno` of opening the file for reading and writing.
    init(_ code: Int32, opening path: String) {
        self =
            code == EISDIR ? .isFolder(path) : .notWritable(path, reason: String(cString: strerror(code)))
    }

    package var description: String {
        switch self {
        case .notDurable:
            "SQLite did not take journal_mode=WAL with synchronous=FULL, so an acknowledged event could be lost. "
                + "Put the database on a local disk, not on a network file system."
        case .newerSchema(let path):
            "The database \(path) was written by a newer version of console-billing. Start that version, or restore a "
                + "backup made with this one."
        case .folder(let path):
            "The folder \(path) for the database cannot be made. Make it writable for this user, or set "
                + "DATABASE_URL to another place."
        case .isFolder(let path):
            "DATABASE_URL leads to the folder \(path). Set it to a file, such as sqlite:\(path)/console-billing.sqlite."
        case .notWritable(let path, let reason):
            "The database \(path) cannot be written: \(reason). Make it writable for this user, or set "
                + "DATABASE_URL to another place."
        case .noDatabase(let path):
            "The file \(path) is no SQLite database, or a damaged one; it was left as it is. Restore a backup in "
                + "its place, or set DATABASE_URL to another file."
        case .foreign(let path):
            "The database \(path) is another program's, or lacks tables of ours; it was left as it is. Restore a backup in "
                + "its place, or set DATABASE_URL to another file."
        case .halfRestored(let path):
            "A restore of \(path) was interrupted. Run it again: console-billing restore FILE --replace. What was "
                + "there before is still there, or in \(path).replaced."
        }
    }
}
