import PostgresClient

extension Command {
    /// Takes a lock named for a table, which only one replica holds at a time, until its database transaction
    /// ends.
    ///
    /// The locks cannot deadlock: a transaction takes at most one of them, and aggregating usage takes none and
    /// skips rows that are locked.
    static func advisoryLock(at table: StaticString) -> Command {
        Command("SELECT pg_advisory_xact_lock(7226735, '\(table)'::regclass::oid::int)")
    }
}
