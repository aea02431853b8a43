extension StoreTable {
    // MARK: The log

    package static let events = StoreTable(
        "events",
        by: .number,
        // Stripe tells one event to each endpoint in the endpoint's API version.
        ["id", "api_version"],
        [
            Column("id", .text),
            Column("type", .text),
            Column("created", .integer, orNull: true),
            Column("received_at", .integer),
            Column("livemode", .flag),
            Column("account", .text, orNull: true),
            // '' for a body that names none: NULLs would not be unique.
            Column("api_version", .text, initial: "''"),
            Column("source", .text, values: ["webhook", "api"]),
            Column("disposition", .text),
            Column("reason", .text, orNull: true),
            Column("object_id", .text, orNull: true),
            // The bytes that were signed, never re-encoded: compressed, or as they are if they are as long as
            // `body_size`. Empty once the body was removed.
            Column("payload", .bytes),
            // How long the body is, or was.
            Column("body_size", .integer),
            Column("body_removed_at", .integer, orNull: true),
            Column("body_removed_for", .text, orNull: true),
            // The name of a file; NULL where no archive has the body.
            Column("body_archive", .text, orNull: true),
            // The data that were read from the body: the feed is derived from them then. NULL if there are none.
            Column("essence", .bytes, orNull: true),
        ],
        indexes: [
            Index("by_object", "object_id", where: "object_id IS NOT NULL"),
            Index("quarantined", "sequence", where: "disposition = 'quarantined'"),
            // Serves pages ordered by the time of receipt, and the counts by disposition and source, without
            // reading the events.
            Index("by_time", "received_at, sequence, disposition, source"),
            Index("with_body", "received_at, sequence", where: "body_removed_at IS NULL"),
        ]
    )

    /// Dictionaries without which compressed bodies cannot be read.
    ///
    /// A version with another dictionary adds it by a migration.
    static let dictionaries = StoreTable(
        "dictionaries",
        ["id"],
        [Column("id", .integer), Column("content", .bytes)]
    )

    /// Customers whose personal data were erased, and the ids of what is theirs.
    static let erasedIDs = StoreTable(
        "erased_ids",
        by: .number,
        ["account", "id"],
        [
            // '' for one's own account: NULLs would not be unique.
            Column("account", .text),
            Column("id", .text),
            // For the customer itself, the same as the id.
            Column("customer", .text),
            Column("erased_at", .integer),
        ],
        indexes: [Index("by_customer", "customer")]
    )

    // MARK: Who is who

    /// Which users and organizations a customer belongs to, as far as Stripe does not say it.
    static let customerLinks = StoreTable(
        "customer_links",
        ["account", "customer", "kind", "origin", "identity"],
        [
            // '' for one's own account: NULLs would not be unique.
            Column("account", .text),
            Column("customer", .text),
            Column("kind", .text, values: ["user", "organization"]),
            // The first in alphabetical order is the one that is believed.
            Column("origin", .text, values: ["api", "console"]),
            // '' where the origin says that there are none.
            Column("identity", .text),
        ],
        indexes: [Index("by_identity", "identity, kind")]
    )

    /// Session links that were used already, until they expire.
    static let usedSessionLinks = StoreTable(
        "used_session_links",
        ["link"],
        [Column("link", .text), Column("expires_at", .integer)],
        indexes: [Index("by_end", "expires_at")]
    )

    // MARK: What is done later

    static let jobs = StoreTable(
        "jobs",
        by: .number,
        ["id"],
        [
            Column("id", .text),
            Column("kind", .text),
            // Only the first job of a kind and topic is taken; '' for no topic.
            Column("topic", .text, initial: "''"),
            Column("state", .text, values: ["waiting", "running", "paused", "completed", "failed"]),
            // When a runner may take the job: its due time or, while it is held, the end of the lease. NULL: never.
            Column("due_at", .integer, orNull: true),
            Column("attempts", .integer),
            // The runner that holds it.
            Column("holder", .text, orNull: true),
            Column("request", .text),
            Column("progress", .text),
            Column("reason", .text, orNull: true),
            Column("created_at", .integer),
            Column("updated_at", .integer),
            Column("revision", .integer),
        ],
        indexes: [
            Index("by_kind", "kind, sequence", where: "kind <> 'fetch'"),
            Index("due", "kind, due_at", where: "due_at IS NOT NULL"),
            Index("by_topic", "kind, topic, sequence", where: "topic <> '' AND due_at IS NOT NULL"),
            // One backfill and one reconciliation at a time.
            Index(
                "single",
                "kind",
                where: "due_at IS NOT NULL AND kind IN ('backfill', 'reconciliation')",
                isUnique: true
            ),
        ]
    )

    // MARK: Usage

    // Days are numbers of days since 1970-01-01. Leases and totals are JSON with exact decimal amounts, so that
    // no number type of a database has to hold 38 digits.

    static let usageCalendar = StoreTable(
        "usage_calendar",
        ["date"],
        [
            Column("date", .integer),
            Column("first_height", .integer),
            Column("last_height", .integer, orNull: true),
            Column("last_height_yet", .integer),
            Column("akt_usd", .text, orNull: true),
            Column("price_source", .text, orNull: true),
            Column("final", .flag),
        ]
    )

    static let usageOwners = StoreTable(
        "usage_owners",
        ["owner"],
        [
            Column("owner", .text),
            // NULL until the calendar has moved on since the owner is known.
            Column("closed_through", .integer, orNull: true),
            // The days whose totals do not follow from the leases yet; NULL when all do.
            Column("stale_from", .integer, orNull: true),
            Column("stale_through", .integer, orNull: true),
            // Counts how often days became stale, so that an aggregation sees changes made meanwhile.
            Column("stale_revision", .integer, initial: "0"),
        ],
        constraints: ["CHECK ((stale_from IS NULL) = (stale_through IS NULL))"],
        indexes: [Index("stale", "owner", where: "stale_from IS NOT NULL")]
    )

    static let usageLeases = StoreTable(
        "usage_leases",
        by: .number,
        ["identity"],
        [
            Column("identity", .text),
            // The identity with 0 in the place of the bid's number, which not every source knows.
            Column("unnumbered", .text),
            Column("owner", .text),
            Column("provider", .text),
            Column("provider_name", .text, orNull: true),
            Column("created_height", .integer),
            // NULL while it goes on.
            Column("end_height", .integer, orNull: true),
            Column("record", .bytes),
            // The usage of its settled days that the record contradicts.
            Column("kept", .bytes, orNull: true),
        ],
        constraints: ["FOREIGN KEY (owner) REFERENCES usage_owners (owner)"],
        indexes: [
            Index("by_order", "unnumbered"),
            Index("by_owner", "owner, end_height"), Index("kept", "owner", where: "kept IS NOT NULL"),
            Index("by_end", "end_height, identity"),
            Index("by_provider", "provider, sequence", where: "provider_name IS NOT NULL"),
        ]
    )

    static let usageTotals = StoreTable(
        "usage_totals",
        by: .sortedKey,
        ["owner", "grouping", "date", "name"],
        [
            Column("owner", .text),
            Column("grouping", .text),
            Column("date", .integer),
            Column("name", .text),
            Column("totals", .bytes),
        ]
    )

    static let usageAccounts = StoreTable(
        "usage_accounts",
        by: .none,
        ["customer", "address"],
        [
            Column("customer", .text),
            Column("address", .text),
            Column("valid_from", .integer, orNull: true),
            Column("valid_through", .integer, orNull: true),
        ],
        indexes: [
            Index("by_customer", "customer, address, valid_from"),
            // Serves the views, which find the customer of each address and day.
            Index("by_address", "address, customer"),
        ]
    )

    static let usageCorrections = StoreTable(
        "usage_corrections",
        ["id"],
        [
            Column("id", .text),
            Column("customer", .text, orNull: true),
            Column("owner", .text, orNull: true),
            Column("date", .integer),
            // Exact dollars as text.
            Column("amount", .text),
            // NULL after the customer's data were erased.
            Column("reason", .text, orNull: true),
        ],
        constraints: ["CHECK ((customer IS NULL) <> (owner IS NULL))"],
        indexes: [
            Index("by_customer", "customer, date", where: "customer IS NOT NULL"),
            Index("by_owner", "owner, date", where: "owner IS NOT NULL"),
        ]
    )

    /// The newest balance of each customer that Console or the chain states, as JSON with exact amounts.
    static let observedBalances = StoreTable(
        "observed_balances",
        ["customer"],
        [Column("customer", .text), Column("content", .text)]
    )

    /// The tags of deployments, which need not have a lease yet.
    static let deploymentTags = StoreTable(
        "deployment_tags",
        by: .sortedKey,
        ["owner", "dseq"],
        // The values by key, as a JSON object.
        [Column("owner", .text), Column("dseq", .integer), Column("content", .text)]
    )

    /// In the order in which they are created and moved: a table follows those that it refers to.
    ///
    /// Without the dictionaries, which every store of the same version has alike.
    package static let all = [
        events, objects, transactions, customers, customerLinks, jobs, usageCalendar, usageOwners,
        usageLeases, usageTotals, usageAccounts, usageCorrections, deploymentTags, observedBalances,
        erasedIDs, usedSessionLinks,
    ]
}
