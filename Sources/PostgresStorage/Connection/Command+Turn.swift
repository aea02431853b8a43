import PostgresClient

extension Command {
    /// Lets one replica at a time change what a table is about, until its database transaction ends.
    ///
    /// No transaction takes two of these turns, and whoever adds up usage takes none and waits for nobody: so nobody
    /// waits in a circle.
    static func turn(at table: StaticString) -> Command {
        Command("SELECT pg_advisory_xact_lock(7226735, '\(table)'::regclass::oid::int)")
    }
}
