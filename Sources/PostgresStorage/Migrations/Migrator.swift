import PostgresClient
import Storage

/// Brings the tables up to date, one replica at a time.
enum Migrator {
    /// - Throws: ``PostgresFailure/unfit(_:)`` for tables of a newer version, and for a migration that is refused.
    static func migrate(_ connection: PostgresConnection) throws(PostgresFailure) {
        // Most starts find nothing to do, and need not wait for one that does.
        if try pending(connection).isEmpty { return }
        try connection.transaction { () throws(PostgresFailure) in
            // A key of its own: the tables that the other locks are named for may not be there yet.
            try connection.execute(Command("SELECT pg_advisory_xact_lock(7226735)"))
            if try !hasRegister(connection) { try makeRegister(connection) }
            for migration in try pending(connection) { try apply(migration, connection) }
        }
    }

    /// The migrations that have not run yet.
    ///
    /// - Throws: ``PostgresFailure/unfit(_:)`` for tables of a newer version.
    static func pending(_ connection: PostgresConnection) throws(PostgresFailure) -> [Schema.Migration] {
        guard try hasRegister(connection) else { return Schema.migrations }
        let rows = try connection.execute(Command("SELECT name FROM schema_migrations"))
        let applied = Set(rows.map { rows.text($0, 0) })
        guard applied.isSubset(of: Schema.migrations.map(\.name)) else {
            throw .unfit(PostgresStartError.newerSchema)
        }
        return Schema.migrations.filter { !applied.contains($0.name) }
    }

    /// Where it is there it is not made again: a user that may not create tables may still use those that are there.
    private static func hasRegister(_ connection: PostgresConnection) throws(PostgresFailure) -> Bool {
        // Asked of the catalogue's rows: what the server remembers of a name, such as that there is no such table, it
        // does not look up again while a transaction waits for a lock.
        let found = try connection.execute(
            Command(
                """
                SELECT EXISTS (
                    SELECT 1
                    FROM pg_class c
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relname = 'schema_migrations' AND n.nspname = ANY(current_schemas(FALSE)))
                """
            )
        )
        return found.count == 1 && found.bool(0, 0)
    }

    private static func makeRegister(_ connection: PostgresConnection) throws(PostgresFailure) {
        try named("schema_migrations") { () throws(PostgresFailure) in
            try connection.run(
                script: """
                    CREATE TABLE schema_migrations (
                        name TEXT PRIMARY KEY,
                        applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
                    )
                    """
            )
        }
    }

    private static func apply(
        _ migration: Schema.Migration,
        _ connection: PostgresConnection
    ) throws(PostgresFailure) {
        try named(migration.name) { () throws(PostgresFailure) in
            try connection.run(script: migration.sql)
            try connection.execute(
                Command("INSERT INTO schema_migrations (name) VALUES ($1)", [.text(migration.name)])
            )
        }
    }

    /// Says which migration it was that the database refused.
    private static func named(
        _ name: String,
        _ body: () throws(PostgresFailure) -> Void
    ) throws(PostgresFailure) {
        do throws(PostgresFailure) {
            try body()
        } catch {
            guard case .refused(let state) = error, !error.isPassing else { throw error }
            throw .unfit(PostgresStartError.migration(name, state: state))
        }
    }
}
