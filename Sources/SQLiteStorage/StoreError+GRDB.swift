import GRDB
import Storage

extension StoreError {
    /// What a database error means to a caller.
    ///
    /// The text of the error may hold values and is left behind.
    init(_ error: any Error, while operation: StaticString) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.other, while: operation)
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_FULL: .full
            // Nothing was written: a temporary file found no folder, or could not be made. The database's own files are
            // open already.
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
