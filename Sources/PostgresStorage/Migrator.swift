import Database
import PostgresClient
import Storage

/// Runs the migrations that are missing, in one replica at a time.
enum Migrator {
    /// - Throws: ``PostgresFailure/unfit(_:)`` if the tables are of a newer version, or if the server refuses
    ///   a migration.
    static func migrate(
        _ connection: PostgresConnection,
        _ migrations: [Schema.Migration] = Schema.migrations
    ) throws(PostgresFailure) {
        // Most starts find no migration to run, and then need not wait for a replica that runs one.
        if try pending(connection, migrations).isEmpty { return }
        try connection.transaction { () throws(PostgresFailure) in
            // This lock is not named for a table as our others are, because the tables may not exist yet.
            try connection.execute(Command("SELECT pg_advisory_xact_lock(7226735)"))
            if try !hasRegister(connection) { try makeRegister(connection) }
            for migration in try pending(connection, migrations) { try apply(migration, connection) }
        }
    }

    /// The migrations that have not run yet.
    ///
    /// - Throws: ``PostgresFailure/unfit(_:)`` if the tables are of a newer version, or another program's.
    static func pending(
        _ connection: PostgresConnection,
        _ migrations: [Schema.Migration] = Schema.migrations
    ) throws(PostgresFailure) -> [Schema.Migration] {
        guard try hasRegister(connection) else {
            try refuseForeignTables(connection)
            return migrations
        }
        let applied: Set<String>
        do throws(PostgresFailure) {
            let names = Query("SELECT name FROM schema_migrations") { try $0.text("name") }
            applied = Set(try connection.rows(names))
        } catch {
            // undefined_column: other programs have a table of this name too, such as Rails.
            guard case .refused("42703") = error else { throw error }
            throw .unfit(PostgresStartError.foreign(table: "schema_migrations"))
        }
        guard applied.isSubset(of: migrations.map(\.name)) else {
            throw .unfit(PostgresStartError.newerSchema)
        }
        return migrations.filter { !applied.contains($0.name) }
    }

    /// Whether the table of migrations exists.
    ///
    /// It is created only if it is missing, so that a user without permission to create tables can start on
    /// existing ones.
    private static func hasRegister(_ connection: PostgresConnection) throws(PostgresFailure) -> Bool {
        // This reads the catalogue's rows. The server caches lookups by name, also those that found no table,
        // and does not repeat them after it waited for a lock.
        let found = Query(
            """
            SELECT EXISTS (
                SELECT 1
                FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relname = 'schema_migrations' AND n.nspname = ANY(current_schemas(FALSE))) AS found
            """
        ) { try $0.bool("found") }
        return try connection.row(found) ?? false
    }

    /// Refuses a schema without a table of migrations in which a name of ours is taken.
    ///
    /// One statement finds both, because another replica may create all of them in between two.
    ///
    /// - Throws: ``PostgresFailure/unfit(_:)`` with the first such name.
    private static func refuseForeignTables(_ connection: PostgresConnection) throws(PostgresFailure) {
        let taken = Query(
            """
            SELECT c.relname::text AS name
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = ANY($1::text[]) AND n.nspname = current_schema()
                AND NOT EXISTS (
                    SELECT 1
                    FROM pg_class r
                    JOIN pg_namespace s ON s.oid = r.relnamespace
                    WHERE r.relname = 'schema_migrations' AND s.nspname = ANY(current_schemas(FALSE)))
            ORDER BY c.relname
            LIMIT 1
            """,
            [.texts(StoreTable.all.map(\.name))]
        ) { try $0.text("name") }
        if let table = try connection.row(taken) { throw .unfit(PostgresStartError.foreign(table: table)) }
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
            try connection.run(script: migration.sql(.postgres))
            try connection.execute(
                Command("INSERT INTO schema_migrations (name) VALUES ($1)", [.text(migration.name)])
            )
        }
    }

    /// Adds the name of the migration to the error if the server refuses it.
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
