import Foundation
import GRDB
import Storage

/// The conditions for opening a database, which `doctor` checks before anything is opened.
extension SQLiteStore {
    /// Checks whether a database can be opened, and changes nothing in it.
    ///
    /// - Parameter given: The path as ``init(path:projection:limits:onFailure:)`` takes it.
    /// - Returns: Whether the file exists; opening creates it otherwise.
    /// - Throws: What opening it would throw; ``DatabaseLockError/held(path:by:)`` while a service runs on it.
    package static func examine(path given: String) throws -> Bool {
        let folder = URL(filePath: given).deletingLastPathComponent().path
        let path = DatabaseFiles.resolved(given)
        // A missing folder is made by opening.
        guard FileManager.default.fileExists(atPath: folder) else { return false }
        try DatabaseLock.examine(databasePath: path)
        try refuseHalfRestored(path)
        guard access(path, F_OK) == 0 else { return false }
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw SQLiteStartError(errno, opening: path) }
        Foundation.close(descriptor)
        try opening(path) {
            let reader = try openReader(path)
            defer { try? reader.close() }
            try reader.inDatabase { try refuseForeign($0, path) }
        }
        return true
    }

    static func refuseHalfRestored(_ path: String) throws(SQLiteStartError) {
        guard !SQLiteBackup.isBeingRestored(path) else { throw .halfRestored(path) }
    }

    /// Refuses the tables of another program, or of a newer version of this one.
    static func refuseForeign(_ db: Database, _ path: String) throws {
        switch try Schema.origin(of: db) {
        case .empty, .ours: break
        case .newer: throw SQLiteStartError.newerSchema(path)
        case .foreign: throw SQLiteStartError.foreign(path)
        }
    }

    /// Replaces an error of SQLite by one that says what to do, or that is safe to log.
    static func opening<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as SQLiteStartError {
            throw error
        } catch let error as DatabaseError
            where [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode)
        {
            throw SQLiteStartError.noDatabase(path)
        } catch {
            throw StoreError(error, while: "opening the database")
        }
    }
}
