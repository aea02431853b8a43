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
            case .SQLITE_IOERR: .inputOutput
            case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
            case .SQLITE_CONSTRAINT: .constraint
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            case .SQLITE_CANTOPEN: .inputOutput
            default: .other
            }
        self.init(code, while: operation)
    }
}
