import Database
import GRDB
import Storage

extension StoreError {
    /// Converts any error of a database operation for the caller.
    ///
    /// The text of a database error may contain values and is dropped.
    init(_ error: any Error, while operation: StaticString) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(error is RowError ? .corrupt : .other, while: operation)
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_FULL: .full
            // No data was written: SQLite found no folder for a temporary file, or could not create the file.
            // The database's own files are open already, so these errors are not about them.
            case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_GETTEMPPATH: .other
            case .SQLITE_CANTOPEN: .other
            case .SQLITE_IOERR: .inputOutput
            case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
            case .SQLITE_CONSTRAINT: .constraint
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            default: .other
            }
        self.init(code, while: operation)
    }
}
