import Database
import PostgresClient
import Storage

extension PostgresFailure {
    /// The error code that a store reports for this failure.
    ///
    /// The meaning of the states: https://www.postgresql.org/docs/current/errcodes-appendix.html
    var code: StoreError.Code {
        switch self {
        case .connection, .unreachable, .timedOut: .connectionLost
        case .unfit, .unexpected: .other
        case .refused(let state):
            switch state {
            // Class 53 is a lack of resources: 53100 is a full disk, the others are memory or connections.
            case "53100": .full
            case _ where state.hasPrefix("53"): .busy
            // A lock timeout, and a statement timeout.
            case "55P03", "57014": .busy
            case _ where state.hasPrefix("40"): .busy
            case "25006": .readOnly
            case _ where state.hasPrefix("57P"), _ where state.hasPrefix("08"): .connectionLost
            case _ where state.hasPrefix("23"), _ where state.hasPrefix("22"): .constraint
            case "58030": .inputOutput
            case _ where state.hasPrefix("XX"): .corrupt
            default: .other
            }
        }
    }
}

extension StoreError {
    /// Converts any error of a database operation for the caller.
    init(_ error: any Error, while operation: StaticString) {
        switch error {
        case let error as StoreError: self = error
        case let failure as PostgresFailure: self.init(failure.code, while: operation)
        case is RowError: self.init(.corrupt, while: operation)
        default: self.init(.other, while: operation)
        }
    }
}
