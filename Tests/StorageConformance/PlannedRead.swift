import Billing
import Database
package import Storage

/// A read that a person waits for, and the index by which each database must find its rows: it must cost what its
/// answer costs, however much is stored.
package struct PlannedRead: Sendable, CustomStringConvertible {
    package let description: String
    private let index: String
    /// Whether the answer is short, so that it may be sorted.
    private let isShort: Bool
    private let body: @Sendable (ExplainingStore) async throws -> Void

    private init(
        _ description: String,
        _ index: String,
        isShort: Bool = false,
        _ body: @escaping @Sendable (ExplainingStore) async throws -> Void
    ) {
        self.description = description
        self.index = index
        self.isShort = isShort
        self.body = body
    }

    /// - Throws: ``Unmet`` if a statement reads a whole table, or sorts, or none uses the index.
    package func check(_ store: any SQLStore) async throws {
        let explaining = ExplainingStore(store)
        try await body(explaining)
        let plans = explaining.plans()
        for plan in plans {
            try requireEqual(Self.wholeTables(in: plan), [], plan)
            if isShort { continue }
            try requireEqual(Self.sorts.filter { plan.contains($0) }, [], plan)
        }
        try requireEqual(plans.contains { $0.contains(index) }, true, "uses \(index): \(plans)")
    }

    private static let sorts = ["Sort", "USE TEMP B-TREE"]

    /// The steps that read every row of a table, not of an index or of an earlier step.
    private static func wholeTables(in plan: String) -> [Substring] {
        // SQLite scans a table in its own order, from either end up to the limit.
        let isOrdered =
            plan.contains("LIMIT") && (plan.contains("ORDER BY sequence") || !plan.contains("WHERE"))
        return plan.split(separator: "\n").filter { step in
            step.contains("Seq Scan") || !isOrdered && StoreTable.all.contains { step == "SCAN \($0.name)" }
        }
    }

    private static let customer = AccessScope.customers([CustomerKey("cus_7", account: nil)])
    private static let june = CalendarDate(dayNumber: 20_605)...CalendarDate(dayNumber: 20_634)

    package static let all = feed + log + people + jobs + usage

    private static let feed: [PlannedRead] = {
        func filters(
            _ name: String,
            _ scope: AccessScope,
            _ index: String
        ) -> [(String, TransactionFilter, String)] {
            [
                ("\(name)", TransactionFilter(scope), index),
                ("the refunds of \(name)", TransactionFilter(scope, type: .refund), index),
                ("what failed of \(name)", TransactionFilter(scope, status: "failed"), index),
                (
                    "\(name) in a status that is unknown", TransactionFilter(scope, status: "of_tomorrow"),
                    index
                ),
                ("\(name) in yen", TransactionFilter(scope, currency: Currency("jpy")), index),
                (
                    "\(name) in dollars that succeeded",
                    TransactionFilter(scope, type: .purchase, status: "succeeded", currency: .usd), index
                ),
                ("\(name) since a time", TransactionFilter(scope, createdFrom: time(5)), index),
                ("\(name) in which a text is", TransactionFilter(scope, search: "no such text"), index),
                ("\(name) with an amount", TransactionFilter(scope, search: "$25"), index),
                (
                    "\(name) of a time", TransactionFilter(scope, createdFrom: time(5), createdTo: time(900)),
                    index
                ),
            ]
        }
        let two = AccessScope.customers(["cus_7", "cus_8"].map { CustomerKey($0, account: nil) })
        let all =
            filters("all", .anyCustomer, "transactions_by_facet")
            + filters("a customer", customer, "transactions_by_customer")
            + filters("two customers", two, "transactions_by_customer")
        let cursors: [Cursor] = [.start, .startingAfter("ch_71"), .endingBefore("ch_71"), .offset(20)]
        return all.flatMap { name, filter, index in
            cursors.map { cursor in
                PlannedRead("a page of \(name), \(cursor)", index) { store in
                    _ = try requireSome(try await store.page(filter, cursor: cursor, limit: 50), "page")
                }
            }
        } + [
            PlannedRead("a transaction", "transactions") { store in
                _ = try requireSome(
                    try await store.transaction(id: "ch_71", within: .anyCustomer),
                    "transaction"
                )
            },
            PlannedRead("a payment", "objects_by_payment", isShort: true) { store in
                _ = try requireSome(
                    try await store.payment(ofTransaction: "ch_1", within: .anyCustomer),
                    "payment"
                )
            },
        ]
    }()

    private static let log: [PlannedRead] = [
        PlannedRead("the log", "events") { _ = try await $0.entries(EventQuery()) },
        PlannedRead("the log, further", "events") {
            _ = try await $0.entries(EventQuery(startingAfter: "evt_70"))
        },
        PlannedRead("the quarantine", "events_quarantined") { store in
            _ = try await store.entries(EventQuery(disposition: .quarantined))
        },
        PlannedRead("the events of a time", "events_by_time") { store in
            _ = try await store.entries(EventQuery(receivedFrom: time(5), receivedThrough: time(900)))
        },
        PlannedRead("the events of a type in a time, further", "events_by_time") { store in
            let query = EventQuery(type: "a.b", receivedThrough: time(900), startingAfter: "evt_71")
            _ = try await store.entries(query)
        },
        PlannedRead("an event", "events", isShort: true) { _ = try await $0.renderings(of: "evt_70") },
    ]

    private static let people: [PlannedRead] = [
        PlannedRead("a user's customers", "customer_links_by_identity", isShort: true) { store in
            _ = try await store.customers(of: requireSome(Identity(.user, "user-7"), "identity"))
        },
        PlannedRead("a customer's links", "customer_links", isShort: true) { store in
            _ = try await store.links(of: CustomerKey("cus_7", account: nil))
        },
    ]

    private static let jobs: [PlannedRead] = [
        PlannedRead("the jobs", "jobs") { _ = try await $0.jobs(JobQuery(limit: 10)) },
        PlannedRead("the last backfill", "jobs_by_kind") { _ = try await $0.latestJob(.backfill) },
        PlannedRead("a job", "jobs") { _ = try await $0.job(id: "job_70") },
        PlannedRead("fetches that are due", "jobs_due") { store in
            _ = try await store.take(.fetch, as: "me", now: time(20_000), seconds: 60, limit: 10)
        },
        PlannedRead("alerts that are due", "jobs_due") { store in
            _ = try await store.take(.alert, as: "me", now: time(20_000), seconds: 60, limit: 10)
        },
        PlannedRead("a job that is late", "jobs_due") { store in
            try await store.reschedule(.alert, dueAfter: time(1_000_000_000), now: time(0))
        },
    ]

    private static let usage: [PlannedRead] = [
        PlannedRead("usage by GPU model", "usage_totals") { store in
            _ = try await store.usage(of: "akash1o7", june, by: .gpuModel)
        },
        PlannedRead("usage by deployment", "usage_leases_by_owner") { store in
            _ = try await store.usage(of: "akash1o7", june, by: .deployment)
        },
        PlannedRead("tags of owners", "deployment_tags", isShort: true) { store in
            _ = try await store.tags(of: ["akash1o7", "akash1o8"])
        },
        PlannedRead("open leases", "usage_leases_by_owner", isShort: true) { store in
            _ = try await store.openLeases(of: "akash1o7", at: 5)
        },
        PlannedRead("open leases of all owners", "usage_leases_by_end", isShort: true) { store in
            _ = try await store.openLeases(after: "akashnet-3", limit: 10)
        },
        PlannedRead("names of providers", "usage_leases_by_provider") { store in
            _ = try await store.names(ofProviders: ["akash1p3"])
        },
        PlannedRead("a customer's addresses", "usage_accounts_by_customer", isShort: true) { store in
            _ = try await store.accounts(of: CustomerKey("cus_7", account: nil))
        },
        PlannedRead("the calendar", "usage_calendar") { _ = try await $0.calendar(june) },
        PlannedRead("the newest day", "usage_calendar") { _ = try await $0.newestDay() },
    ]

    private static func time(_ seconds: Int64) -> Instant { Instant(unixSeconds: 1_750_000_000 + seconds) }
}

extension PlannedRead {
    /// Stores twenty thousand of everything.
    package static func fill(_ store: any Store & SQLStore) async throws {
        try await store.record(MadeUp.event("evt_1", "charge.succeeded", MadeUp.charge("ch_1")))
        try await store.transaction("filling", under: nil, repeats: false) { session in
            let numbers = """
                WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)

                """
            let bytes = session.dialect == .sqlite ? "BLOB" : "BYTEA"
            for statement in filling {
                let sql = numbers + statement.replacing("BYTES", with: bytes)
                try session.execute(SQLStatement(sql, isPrepared: false))
            }
            try session.execute(SQLStatement("ANALYZE", isPrepared: false))
        }
    }

    private static let filling = [
        """
        INSERT INTO events (id, type, received_at, livemode, source, disposition, object_id, payload, body_size)
        SELECT 'evt_' || n, type, 1750000000 + n, livemode, source,
            CASE WHEN n % 100 = 0 THEN 'quarantined' ELSE disposition END, 'ch_' || n, payload, body_size
        FROM events CROSS JOIN numbers
        """,
        """
        INSERT INTO objects (account, kind, id, payment, snapshot, links)
        SELECT account, kind, 'ch_' || n, payment + n, snapshot, links
        FROM objects CROSS JOIN numbers
        WHERE kind = 'charge'
        """,
        """
        INSERT INTO transactions
            (id, payment, type, status, currency, facet, created, account, customer, livemode, amount,
             amount_refunded, amount_gone, disputed, has_receipt)
        SELECT 'ch_' || n, payment + n, CASE WHEN n % 10 = 0 THEN 'refund' ELSE type END, status, currency,
            -- The type is above the status and the currency in the number of a facet.
            CASE WHEN n % 10 = 0 THEN 8388608 ELSE 0 END + facet, 1750000000 + n, account,
            -- One customer has a tenth of them.
            CASE WHEN n % 10 = 1 THEN 'cus_7' ELSE 'cus_' || n % 500 END, livemode, amount, amount_refunded,
            amount_gone, disputed, has_receipt
        FROM transactions CROSS JOIN numbers
        """,
        "INSERT INTO customers (account, id, console_user) SELECT '', 'cus_' || n, 'user-' || n FROM numbers",
        """
        INSERT INTO customer_links (account, customer, kind, origin, identity)
        SELECT '', 'cus_' || n, 'user', 'api', 'user-' || n FROM numbers
        """,
        """
        INSERT INTO jobs (id, kind, state, due_at, attempts, request, progress, created_at, updated_at, revision)
        SELECT 'job_' || n,
            CASE WHEN n % 3 = 0 THEN 'alert' WHEN n % 1000 = 1 THEN 'backfill' ELSE 'fetch' END,
            CASE WHEN n % 1000 = 1 THEN 'completed' ELSE 'waiting' END,
            CASE WHEN n % 1000 <> 1 THEN 1750000000 + n END, 0, '{}', '{}', n, n, 0
        FROM numbers
        """,
        """
        INSERT INTO usage_calendar (date, first_height, last_height, last_height_yet, final)
        SELECT 18000 + n, n * 1000, n * 1000 + 999, n * 1000 + 999, TRUE FROM numbers WHERE n <= 3000
        """,
        "INSERT INTO usage_owners (owner) SELECT 'akash1o' || n FROM numbers",
        """
        INSERT INTO usage_leases (identity, unnumbered, owner, provider, provider_name, created_height, end_height, record)
        SELECT 'akashnet-2/' || n, 'akashnet-2/' || n, 'akash1o' || (n % 200 + 300), 'akash1p' || n % 30, 'p', n,
            CASE WHEN n % 10 > 0 THEN n + 5000 END, CAST('x' AS BYTES)
        FROM numbers
        """,
        """
        INSERT INTO usage_totals (owner, grouping, date, name, totals)
        SELECT 'akash1o' || (n % 200 + 300), 'total', 20000 + n / 200, '', CAST('x' AS BYTES) FROM numbers
        """,
        """
        INSERT INTO usage_accounts (customer, address)
        SELECT 'cus_' || n, 'akash1o' || n FROM numbers
        """,
        "INSERT INTO deployment_tags (owner, dseq, content) SELECT 'akash1o' || n, n, '{}' FROM numbers",
    ]
}
