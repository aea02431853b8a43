import GRDB

/// The tables, one migration per change; a released migration is never edited.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001_event_log") { try $0.execute(sql: eventLog) }
        migrator.registerMigration("0002_projection") { db in
            try db.execute(sql: ProjectionTables.live.definition)
        }
        migrator.registerMigration("0003_jobs") { try $0.execute(sql: jobs) }
        migrator.registerMigration("0004_undecided") { db in
            try db.execute(sql: ProjectionTables.live.undecided)
        }
        migrator.registerMigration("0005_usage") { try $0.execute(sql: usage) }
        migrator.registerMigration("0006_events_by_time") { try $0.execute(sql: eventsByTime) }
        migrator.registerMigration("0007_retention") { try $0.execute(sql: retention) }
        migrator.registerMigration("0008_erasure") { try $0.execute(sql: erasure) }
        migrator.registerMigration("0009_event_versions") { try $0.execute(sql: eventVersions) }
        migrator.registerMigration("0010_customers") { db in
            try db.execute(sql: ProjectionTables.live.accounts)
            try db.execute(sql: customers)
        }
        migrator.registerMigration("0011_session_links") { try $0.execute(sql: sessionLinks) }
        migrator.registerMigration("0012_views") { db in
            try db.execute(sql: usageAccountsByAddress + Views.definition)
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
        let (migrator, tables) = (migrator, try columns(of: db))
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

    private static let eventLog = """
        CREATE TABLE events (
            sequence INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            type TEXT NOT NULL,
            created INTEGER,
            received_at INTEGER NOT NULL,
            livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
            account TEXT,
            api_version TEXT,
            source TEXT NOT NULL CHECK (source IN ('webhook', 'api')),
            disposition TEXT NOT NULL,
            reason TEXT,
            object_id TEXT,
            -- The bytes that were signed: not text, for they may hold an escaped NUL, and never re-encoded.
            payload BLOB NOT NULL
        ) STRICT;
        CREATE INDEX events_by_object ON events (object_id) WHERE object_id IS NOT NULL;
        CREATE INDEX events_quarantined ON events (sequence) WHERE disposition = 'quarantined';
        """

    /// Serves pages ordered by the time of receipt, and the counts by disposition and source, without reading
    /// the events.
    private static let eventsByTime = """
        CREATE INDEX events_by_time ON events (received_at, sequence, disposition, source);
        """

    /// Serves the views, which find the customer of each address and day.
    private static let usageAccountsByAddress = """
        CREATE INDEX usage_accounts_by_address ON usage_accounts (address, customer);

        """

    private static let jobs = """
        CREATE TABLE jobs (
            sequence INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            -- Of the jobs of a kind with one topic, only the first is taken; '' for no topic.
            topic TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'paused', 'completed', 'failed')),
            -- When a runner may take the job: its due time or, while it is held, the end of the lease. NULL: never.
            due_at INTEGER,
            attempts INTEGER NOT NULL,
            -- The runner that holds it.
            holder TEXT,
            request TEXT NOT NULL,
            progress TEXT NOT NULL,
            reason TEXT,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            revision INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX jobs_by_kind ON jobs (kind, sequence) WHERE kind <> 'fetch';
        CREATE INDEX jobs_due ON jobs (kind, due_at) WHERE due_at IS NOT NULL;
        -- One backfill and one reconciliation at a time.
        CREATE UNIQUE INDEX jobs_single ON jobs (kind)
            WHERE due_at IS NOT NULL AND kind IN ('backfill', 'reconciliation');
        """

    private static let retention = """
        -- NULL while the body is there; then the payload is empty.
        ALTER TABLE events ADD COLUMN body_removed_at INTEGER;
        ALTER TABLE events ADD COLUMN body_removed_for TEXT;
        ALTER TABLE events ADD COLUMN body_size INTEGER;
        -- The name of a file; NULL where no archive has the body.
        ALTER TABLE events ADD COLUMN body_archive TEXT;
        -- What was read of the body: the feed is derived from it now. NULL where nothing could be read.
        ALTER TABLE events ADD COLUMN essence BLOB;
        CREATE INDEX events_with_body ON events (received_at) WHERE body_removed_at IS NULL;
        """

    private static let erasure = """
        -- Customers whose personal data were erased, and the ids of what is theirs.
        CREATE TABLE erased_ids (
            sequence INTEGER PRIMARY KEY,
            -- '' for one's own account: NULLs would not be unique.
            account TEXT NOT NULL,
            id TEXT NOT NULL,
            -- Of a customer, the same as the id.
            customer TEXT NOT NULL,
            erased_at INTEGER NOT NULL,
            UNIQUE (account, id)
        ) STRICT;
        CREATE INDEX erased_ids_by_customer ON erased_ids (customer);
        """

    private static let customers = """
        UPDATE transactions
        SET account = (SELECT o.account FROM objects o WHERE o.payment = transactions.payment LIMIT 1)
        WHERE payment IN (SELECT o.payment FROM objects o WHERE o.account <> '' AND o.kind <> 'customer');
        -- Which users and organizations a customer belongs to, as far as Stripe does not say it.
        CREATE TABLE customer_links (
            -- '' for one's own account: NULLs would not be unique.
            account TEXT NOT NULL,
            customer TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('user', 'organization')),
            -- The first in alphabetical order is the one that is believed.
            origin TEXT NOT NULL CHECK (origin IN ('api', 'console')),
            -- '' where the origin says that there are none.
            identity TEXT NOT NULL,
            PRIMARY KEY (account, customer, kind, origin, identity)
        ) STRICT;
        CREATE INDEX customer_links_by_identity ON customer_links (identity, kind);
        """

    private static let sessionLinks = """
        -- Session links that were used already, until they expire.
        CREATE TABLE used_session_links (
            link TEXT NOT NULL PRIMARY KEY,
            expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX used_session_links_by_end ON used_session_links (expires_at);
        """

    /// SQLite cannot change a table's constraints, so the table is created again and filled in the order of
    /// the log.
    private static let eventVersions = """
        CREATE TABLE new_events (
            sequence INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            type TEXT NOT NULL,
            created INTEGER,
            received_at INTEGER NOT NULL,
            livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
            account TEXT,
            -- '' for a body that names none: NULLs would not be unique.
            api_version TEXT NOT NULL DEFAULT '',
            source TEXT NOT NULL CHECK (source IN ('webhook', 'api')),
            disposition TEXT NOT NULL,
            reason TEXT,
            object_id TEXT,
            -- The bytes that were signed: not text, for they may hold an escaped NUL, and never re-encoded.
            payload BLOB NOT NULL,
            -- NULL while the body is there; then the payload is empty.
            body_removed_at INTEGER,
            body_removed_for TEXT,
            body_size INTEGER,
            -- The name of a file; NULL where no archive has the body.
            body_archive TEXT,
            -- What was read of the body: the feed is derived from it then. NULL where nothing could be read.
            essence BLOB,
            -- Stripe tells one event to each endpoint in the endpoint's API version.
            UNIQUE (id, api_version)
        ) STRICT;
        INSERT INTO new_events
            SELECT sequence, id, type, created, received_at, livemode, account,
                substr(coalesce(api_version, ''), 1, 255), source, disposition, reason, object_id, payload,
                body_removed_at, body_removed_for, body_size, body_archive, essence
            FROM events
            ORDER BY sequence;
        DROP TABLE events;
        ALTER TABLE new_events RENAME TO events;
        CREATE INDEX events_by_object ON events (object_id) WHERE object_id IS NOT NULL;
        CREATE INDEX events_quarantined ON events (sequence) WHERE disposition = 'quarantined';
        CREATE INDEX events_by_time ON events (received_at, sequence, disposition, source);
        CREATE INDEX events_with_body ON events (received_at) WHERE body_removed_at IS NULL;
        """
}

extension Schema {
    // Days are numbers of days since 1970-01-01.
    fileprivate static let usage = """
        CREATE TABLE usage_calendar (
            date INTEGER PRIMARY KEY,
            first_height INTEGER NOT NULL,
            last_height INTEGER,
            last_height_yet INTEGER NOT NULL,
            akt_usd TEXT,
            price_source TEXT,
            final INTEGER NOT NULL CHECK (final IN (0, 1))
        ) STRICT;
        CREATE TABLE usage_owners (
            owner TEXT PRIMARY KEY,
            -- NULL until the calendar has moved on since the owner is known.
            closed_through INTEGER,
            -- The days whose totals do not follow from the leases yet; NULL when all do.
            stale_from INTEGER,
            stale_through INTEGER,
            -- Counts how often days became stale, so that an aggregation sees changes made meanwhile.
            stale_revision INTEGER NOT NULL DEFAULT 0,
            CHECK ((stale_from IS NULL) = (stale_through IS NULL))
        ) STRICT;
        CREATE INDEX usage_owners_stale ON usage_owners (owner) WHERE stale_from IS NOT NULL;
        CREATE TABLE usage_leases (
            sequence INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            owner TEXT NOT NULL REFERENCES usage_owners (owner),
            provider TEXT NOT NULL,
            provider_name TEXT,
            created_height INTEGER NOT NULL,
            -- NULL while it goes on.
            end_height INTEGER,
            record BLOB NOT NULL,
            -- What its settled days are kept to say where the record says otherwise.
            kept BLOB
        ) STRICT;
        CREATE INDEX usage_leases_by_owner ON usage_leases (owner, end_height);
        CREATE INDEX usage_leases_by_end ON usage_leases (end_height);
        CREATE INDEX usage_leases_by_provider ON usage_leases (provider) WHERE provider_name IS NOT NULL;
        CREATE TABLE usage_totals (
            owner TEXT NOT NULL,
            grouping TEXT NOT NULL,
            date INTEGER NOT NULL,
            name TEXT NOT NULL,
            totals BLOB NOT NULL,
            PRIMARY KEY (owner, grouping, date, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE usage_accounts (
            customer TEXT NOT NULL,
            address TEXT NOT NULL,
            valid_from INTEGER,
            valid_through INTEGER
        ) STRICT;
        CREATE TABLE credits (
            id TEXT PRIMARY KEY,
            customer TEXT NOT NULL,
            kind TEXT NOT NULL,
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            created INTEGER NOT NULL,
            description TEXT
        ) STRICT;
        CREATE INDEX credits_by_customer ON credits (customer, created);
        CREATE INDEX usage_accounts_by_customer ON usage_accounts (customer, address, valid_from);
        """
}

/// The tables that are derived from the log, and can be rebuilt next to the ones in use.
struct ProjectionTables: Sendable {
    static let live = ProjectionTables(prefix: "")
    static let rebuilt = ProjectionTables(prefix: "rebuilt_")

    let prefix: String

    var objects: String { prefix + "objects" }
    var transactions: String { prefix + "transactions" }
    var customers: String { prefix + "customers" }

    var definition: String {
        """
        CREATE TABLE \(objects) (
            sequence INTEGER PRIMARY KEY,
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            -- The objects of one payment share this number; it means nothing else.
            payment INTEGER NOT NULL,
            -- NULL while the object is known only because another one names it.
            snapshot BLOB,
            shown_at INTEGER,
            livemode INTEGER,
            api_version TEXT,
            links TEXT NOT NULL,
            UNIQUE (account, kind, id)
        ) STRICT;
        CREATE INDEX \(objects)_by_payment ON \(objects) (payment);
        CREATE TABLE \(transactions) (
            sequence INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            payment INTEGER NOT NULL,
            type TEXT NOT NULL,
            status TEXT NOT NULL,
            created INTEGER NOT NULL,
            customer TEXT,
            currency TEXT NOT NULL,
            search TEXT NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX \(transactions)_by_customer ON \(transactions) (customer, created, id);
        CREATE INDEX \(transactions)_by_created ON \(transactions) (created, id);
        CREATE INDEX \(transactions)_by_payment ON \(transactions) (payment);
        CREATE TABLE \(customers) (
            id TEXT NOT NULL,
            account TEXT NOT NULL,
            console_user TEXT,
            PRIMARY KEY (account, id)
        ) STRICT;
        CREATE INDEX \(customers)_by_user ON \(customers) (console_user) WHERE console_user IS NOT NULL;
        """
    }

    /// Marks an object that events showed in two states, neither of which can be identified as the later.
    var undecided: String {
        """
        ALTER TABLE \(objects)
        ADD COLUMN undecided INTEGER NOT NULL DEFAULT 0 CHECK (undecided IN (0, 1));
        """
    }

    /// The account of a row's customer, because each connected account has customer ids of its own.
    var accounts: String {
        "ALTER TABLE \(transactions) ADD COLUMN account TEXT NOT NULL DEFAULT '';"
    }

    var removal: String {
        "DROP TABLE IF EXISTS \(objects); DROP TABLE IF EXISTS \(transactions); DROP TABLE IF EXISTS \(customers);"
    }
}
