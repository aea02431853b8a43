/// Why a database operation failed; it contains no SQL, no values and no message of the server.
package enum PostgresFailure: Error {
    /// There is no connection, or it broke. It is unknown whether the sent statements took effect.
    case connection
    /// Connecting failed. The text is libpq's message, which names hosts and users, but no passwords.
    case unreachable(String)
    /// The server did not answer in time; the connection is closed.
    case timedOut
    /// The server refused with an SQLSTATE.
    case refused(state: String)
    /// The server does not meet a requirement.
    case unfit(any ServerFault)
    /// The result has a form that the statement cannot produce.
    case unexpected

    /// Whether a retry may succeed, perhaps on another connection.
    package var isPassing: Bool {
        switch self {
        case .connection, .unreachable, .timedOut, .unexpected: true
        case .refused(let state):
            // 40: serialisation failure or deadlock. 57P: the server stops, crashed or starts. 08: connection
            // error. 25006: the server was demoted to a standby.
            state.hasPrefix("40") || state.hasPrefix("57P") || state.hasPrefix("08") || state == "25006"
        case .unfit: false
        }
    }

    /// Whether the connection cannot be used any more.
    package var endsConnection: Bool {
        switch self {
        case .connection, .unreachable, .timedOut, .unfit, .unexpected: true
        case .refused(let state): state.hasPrefix("57P") || state.hasPrefix("08") || state == "25006"
        }
    }
}

/// An unmet server requirement and how to fix it.
package protocol ServerFault: Error, Sendable, CustomStringConvertible {}
