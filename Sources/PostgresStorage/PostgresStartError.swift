package import PostgresClient

/// Why the store refuses to start, or to reconnect to a server that replaced another.
package enum PostgresStartError: ServerFault, Equatable {
    /// With the message of the client library, which contains hosts and users but never passwords.
    case unreachable(String)
    case pooled(TransactionPooling)
    case tooOld(version: Int)
    case notUTF8(encoding: String)
    case notDurable(setting: String, value: String, wanted: String)
    case newerSchema
    case halfMoved
    /// Another program's table, or other object, has the name of one of ours.
    case foreign(table: String)
    case migration(String, state: String)
    /// The tables are ours, but a column is missing: `table.column`.
    case lacking(column: String)
    /// The user may not read and change a table.
    case unwritable(table: String)

    /// - Returns: `nil` for a failure that says nothing about the server, such as a broken connection.
    init?(_ failure: PostgresFailure) {
        switch failure {
        case .unreachable(let reason): self = .unreachable(reason)
        case .unfit(let fault as PostgresStartError): self = fault
        case .unfit(let fault as TransactionPooling): self = .pooled(fault)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .unreachable(let reason):
            "The database cannot be reached: \(reason). Is it running, and does DATABASE_URL name it?"
        case .pooled(let fault): "\(fault)"
        case .tooOld(let version):
            "The database is PostgreSQL \(version / 10_000); console-billing needs 13 or newer."
        case .notUTF8(let encoding):
            "The database is encoded in \(encoding). Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        case .notDurable(let setting, let value, let wanted):
            "The database has \(setting) = \(value), under which an acknowledged event could be lost. Set \(setting) = "
                + "\(wanted) in postgresql.conf, or with ALTER SYSTEM or ALTER ROLE, and reload."
        case .newerSchema:
            "The database was written by a newer version of console-billing. Start that version, or restore a dump made "
                + "with this one."
        case .halfMoved:
            "A move into this database was interrupted. Run console-billing migrate-store again: it continues where "
                + "it stopped."
        case .foreign(let table):
            "The database's schema has a table \(table) that is another program's; it was left as it is. Give "
                + "console-billing a database of its own, or a schema: DATABASE_URL with ?options=-csearch_path%3DNAME."
        case .lacking(let column):
            "The database lacks the column \(column), which its migrations made; it was left as it is. Restore a dump, or "
                + "move into an empty database with console-billing migrate-store."
        case .unwritable(let table):
            "The database's user may not change the table \(table), so that no event could be stored. As its owner: GRANT "
                + "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA … TO …."
        case .migration(let name, let state):
            "The migration \(name) was refused by the database (SQLSTATE \(state))."
                // insufficient_privilege: https://www.postgresql.org/docs/current/errcodes-appendix.html
                + (state == "42501"
                    ? " May this user create tables in its schema? GRANT CREATE ON SCHEMA … TO …." : "")
        }
    }
}
