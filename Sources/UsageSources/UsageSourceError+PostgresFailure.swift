import PostgresClient
import Storage

/// A database of Console's that is only read, in the words of error messages.
struct ReadDatabase {
    let name: String
    /// The setting that names it.
    let setting: String
    /// The tables that are read, for GRANT.
    let tables: String
}

extension UsageSourceError {
    init(_ failure: PostgresFailure, of database: ReadDatabase) {
        let name = database.name
        switch failure {
        case .unreachable(let reason): self = .unavailable("\(name) cannot be reached: \(reason).")
        case .connection: self = .unavailable("The connection to \(name) broke.")
        case .timedOut, .refused("57014"): self = .unavailable("\(name) did not answer in time.")
        case .refused(let state) where failure.isPassing || state.hasPrefix("53"):
            self = .unavailable("\(name) is busy or stopping (SQLSTATE \(state)).")
        case .refused(let state) where ["42P01", "42703", "3F000"].contains(state):
            self = .refused(
                "\(database.setting) names a database that lacks one of the tables \(database.tables), or a column of them "
                    + "(SQLSTATE \(state)). Does it name the right database and schema?"
            )
        case .refused("42501"):
            self = .refused(
                "The user of \(database.setting) may not read \(name). GRANT SELECT ON \(database.tables) TO …"
            )
        case .refused(let state) where state.hasPrefix("22"):
            self = .unreadable("\(name) holds a value of the wrong kind (SQLSTATE \(state)).")
        case .refused(let state): self = .refused("\(name) refuses to be read (SQLSTATE \(state)).")
        case .unfit(let fault): self = .refused("\(fault)")
        case .unexpected: self = .unavailable("\(name) gave an answer of the wrong shape.")
        }
    }
}
