/// Why something did not happen in the database; it carries no SQL, no values and no message of the server's.
package enum PostgresFailure: Error {
    /// There is no connection, or it broke: whether what was sent has happened is not known.
    case connection
    /// No connection came about, for what the client library says; it names hosts and users, never passwords.
    case unreachable(String)
    /// The server did not answer in time; the connection has been given up.
    case timedOut
    /// The server refused, and said so with an SQLSTATE.
    case refused(state: String)
    /// What the server has to be like, and is not.
    case unfit(any ServerFault)
    /// An answer of a shape that the statement cannot have.
    case unexpected

    /// Whether the same may go through a moment later, perhaps on another connection.
    package var isPassing: Bool {
        switch self {
        case .connection, .unreachable, .timedOut, .unexpected: true
        case .refused(let state):
            // Serialisation and deadlock; the server stopping, crashing or starting; one that was demoted.
            state.hasPrefix("40") || state.hasPrefix("57P") || state.hasPrefix("08") || state == "25006"
        case .unfit: false
        }
    }

    /// Whether the connection is of no more use.
    package var endsConnection: Bool {
        switch self {
        case .connection, .unreachable, .timedOut, .unfit, .unexpected: true
        case .refused(let state): state.hasPrefix("57P") || state.hasPrefix("08") || state == "25006"
        }
    }
}

/// What whoever uses a server needs of it and found otherwise, with how to mend it.
package protocol ServerFault: Error, Sendable, CustomStringConvertible {}
