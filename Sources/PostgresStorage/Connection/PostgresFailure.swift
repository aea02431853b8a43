import Storage

/// Why something did not happen in the database; it carries no SQL, no values and no message of the server's.
enum PostgresFailure: Error, Equatable {
    /// There is no connection, or it broke: whether what was sent has happened is not known.
    case connection
    /// The server did not answer in time; the connection has been given up.
    case timedOut
    /// The server refused, and said so with an SQLSTATE.
    case refused(state: String)
    /// What the server has to be like, and is not.
    case unfit(PostgresStartError)
    /// An answer of a shape that the statement cannot have.
    case unexpected

    /// Whether the same may go through a moment later, perhaps on another connection.
    var isPassing: Bool {
        switch self {
        case .connection, .timedOut, .unexpected, .unfit(.unreachable): true
        case .refused(let state):
            // Serialisation and deadlock; the server stopping, crashing or starting; one that was demoted.
            state.hasPrefix("40") || state.hasPrefix("57P") || state.hasPrefix("08") || state == "25006"
        case .unfit: false
        }
    }

    /// Whether the connection is of no more use.
    var endsConnection: Bool {
        switch self {
        case .connection, .timedOut, .unfit, .unexpected: true
        case .refused(let state): state.hasPrefix("57P") || state.hasPrefix("08") || state == "25006"
        }
    }

    var code: StoreError.Code {
        switch self {
        case .connection, .timedOut, .unfit(.unreachable): .connectionLost
        case .unfit, .unexpected: .other
        case .refused(let state):
            switch state {
            // The disk, or memory, or connections.
            case "53100": .full
            case _ where state.hasPrefix("53"): .busy
            // A lock or the time that a statement may take.
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
    /// What a failure means to a caller.
    init(_ error: any Error, while operation: StaticString) {
        switch error {
        case let error as StoreError: self = error
        case let failure as PostgresFailure: self.init(failure.code, while: operation)
        default: self.init(.other, while: operation)
        }
    }
}
