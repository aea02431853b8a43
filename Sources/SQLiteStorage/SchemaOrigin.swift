import GRDB
import Storage

extension Schema {
    /// Runs the migrations that are missing.
    static func migrator(_ migrations: [Migration] = migrations) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql(.sqlite)) }
        }
        return migrator
    }

    /// Which program created the tables of a database.
    enum Origin: Equatable {
        /// The database has no tables.
        case empty
        case ours
        case newer
        /// Another program, or ours but with a part missing.
        case foreign
    }

    /// Compares the tables with those that the applied migrations create.
    static func origin(of db: Database) throws -> Origin {
        let (migrator, tables) = (migrator(), try columns(of: db))
        let register = "grdb_migrations.identifier"
        let applied = tables.contains(register) ? try migrator.appliedIdentifiers(db) : []
        // GRDB creates its table of migrations before the first migration, and a process may be killed
        // between the two.
        if applied.isEmpty, tables.isSubset(of: [register]) { return .empty }
        guard let first = migrator.migrations.first, applied.contains(first) else { return .foreign }
        if try migrator.hasBeenSuperseded(db) { return .newer }
        let model = try DatabaseQueue()
        try migrator.migrate(model, upTo: migrator.completedMigrations(db).last ?? first)
        // A trigger changes what our statements do, and we have none.
        guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'") == 0
        else {
            return .foreign
        }
        return try tables.isSuperset(of: model.read { try columns(of: $0) }) ? .ours : .foreign
    }

    private static func columns(of db: Database) throws -> Set<String> {
        try String.fetchSet(
            db,
            sql: """
                SELECT t.name || '.' || c.name
                FROM sqlite_master t, pragma_table_info(t.name) c
                WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
                """
        )
    }
}
