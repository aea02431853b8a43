/// The views for analysts, documented in `deploy/docs/reference/views.md`.
///
/// Names and meaning are the same as in PostgreSQL. Columns are named as in Stripe's own export to PostgreSQL
/// (<https://docs.stripe.com/data/data-pipeline/real-time-sync-to-postgres/schema>). No stored value makes a
/// view fail: what cannot be read is NULL.
enum SQLiteViews {
    static let definition =
        """
        CREATE VIEW transactions_view AS
            SELECT t.id, t.type, t.status, \(time("t.created")) AS created, nullif(t.account, '') AS account,
                t.customer, t.livemode, t.currency, t.amount, t.amount_refunded, t.amount_gone AS amount_lost,
                t.description, t.payment_intent, t.charge, t.invoice, t.refund, t.dispute, t.disputed,
                t.refund_reason, t.failure_code, t.failure_decline_code, t.failure_message, t.payment_method_type,
                t.payment_method_brand, t.payment_method_last4, t.payment_method_label, t.presentment_amount,
                t.presentment_currency, t.receipt_number, t.reference,
                \(time("t.succeeded_at")) AS succeeded_at, t.bonus, t.credit_kind
            FROM transactions t;
        CREATE VIEW customers_view AS
            SELECT nullif(k.account, '') AS account, k.id AS customer,
                CASE WHEN EXISTS (
                    SELECT 1 FROM customer_links l
                    WHERE l.account = k.account AND l.customer = k.id AND l.kind = 'user')
                THEN \(identities("user"))
                ELSE (
                    SELECT json_array(c.console_user)
                    FROM customers c
                    WHERE c.account = k.account AND c.id = k.id AND c.account = ''
                        -- Ids that are not 1 to 255 printable ASCII characters are no ids of Console.
                        AND length(CAST(c.console_user AS BLOB)) BETWEEN 1 AND 255
                        AND c.console_user NOT GLOB '*[^ -~]*'
                )
                END AS console_users,
                \(identities("organization")) AS organizations,
                (
                    SELECT CASE WHEN count(*) > 0 THEN json_group_array(a.address) END
                    FROM (
                        SELECT DISTINCT address FROM usage_accounts
                        WHERE k.account = '' AND customer = k.id
                        ORDER BY address
                    ) a
                ) AS addresses
            FROM (
                SELECT account, id FROM customers
                UNION SELECT account, customer FROM customer_links
                UNION SELECT account, customer FROM transactions WHERE customer IS NOT NULL
                UNION SELECT '', customer FROM usage_accounts
            ) k;
        CREATE VIEW events_view AS
            SELECT e.id, e.api_version, e.type, \(time("e.created")) AS created,
                \(time("e.received_at")) AS received_at, e.livemode, e.account, e.source, e.disposition
            FROM events e;

        """
        + dailyUsage("daily_usage_view", by: "total", group: nil)
        + dailyUsage("daily_usage_by_provider_view", by: "provider", group: "provider")
        + dailyUsage("daily_usage_by_gpu_model_view", by: "gpu_model", group: "gpu_model")

    /// - Parameters:
    ///   - view: The name of the view.
    ///   - grouping: The stored grouping; see `UsageGrouping`.
    ///   - group: The column with the name of the group; `nil` if all usage of a day is one group.
    /// - Returns: The statement.
    private static func dailyUsage(_ view: String, by grouping: String, group: String?) -> String {
        """
        CREATE VIEW \(view) AS
            SELECT date(t.date * 86400, 'unixepoch') AS date, t.owner AS address,
                (
                    SELECT min(a.customer)
                    FROM usage_accounts a
                    WHERE a.address = t.owner AND t.date >= coalesce(a.valid_from, t.date)
                        AND t.date <= coalesce(a.valid_through, t.date)
                ) AS customer,
                \(group.map { "nullif(t.name, '') AS \($0)," } ?? "")
                \(integer("leases")) AS leases, \(integer("deployments")) AS deployments,
                \(integer("cpu_milli")) AS cpu_milli, \(integer("memory_bytes")) AS memory_bytes,
                \(integer("ephemeral_bytes")) AS ephemeral_bytes, \(integer("persistent_bytes")) AS persistent_bytes,
                (
                    SELECT CASE json_type(t.json, '$.gpus') WHEN 'object' THEN coalesce(sum(CAST(g.value AS INTEGER)), 0) END
                    FROM json_each(t.json, '$.gpus') g
                ) AS gpus,
                \(spent) AS spent_micros,
                coalesce(
                    t.final AND \(spent) IS NOT NULL
                        AND NOT coalesce(t.date BETWEEN t.stale_from AND t.stale_through, 0),
                    0) AS complete
            FROM (
                SELECT u.date, u.owner, u.name, d.akt_usd, d.final, o.stale_from, o.stale_through,
                    \(json("u.totals")) AS json
                FROM usage_totals u
                LEFT JOIN usage_calendar d ON d.date = u.date
                LEFT JOIN usage_owners o ON o.owner = u.owner
                WHERE u.grouping = '\(grouping)'
            ) t;

        """
    }

    /// In millionths of a dollar; NULL if the price of a token is unknown.
    ///
    /// SQLite has no exact decimals, so a large amount is rounded to 15 digits.
    private static let spent = """
        (
            SELECT CASE WHEN json_type(t.json, '$.amounts') = 'object' AND count(*) = count(a.price)
                THEN CAST(round(coalesce(sum(a.amount * a.price), 0)) AS INTEGER) END
            FROM (
                SELECT CAST(v.value AS REAL) AS amount,
                    CASE
                        WHEN v.key IN ('uact', 'uusdc') THEN 1.0
                        WHEN v.key = 'uakt' THEN CAST(t.akt_usd AS REAL)
                    END AS price
                FROM json_each(t.json, '$.amounts') v
                WHERE v.value <> '0'
            ) a
        )
        """

    /// The identities of the most trusted origin, as a JSON array; NULL for none.
    private static func identities(_ kind: String) -> String {
        """
        (
            SELECT CASE WHEN count(*) > 0 THEN json_group_array(i.identity) END
            FROM (
                SELECT l.identity
                FROM customer_links l
                WHERE l.account = k.account AND l.customer = k.id AND l.kind = '\(kind)' AND l.identity <> ''
                    -- The order of trust is alphabetical.
                    AND l.origin = (
                        SELECT min(o.origin) FROM customer_links o
                        WHERE o.account = l.account AND o.customer = l.customer AND o.kind = l.kind)
                ORDER BY l.identity
            ) i
        )
        """
    }

    // MARK: Columns

    /// ISO 8601 in UTC; the moments outside the years 1 to 9999 have no date that can be written.
    private static func time(_ column: String) -> String {
        """
        CASE WHEN \(column) BETWEEN -62135596800 AND 253402300799
            THEN strftime('%Y-%m-%dT%H:%M:%SZ', \(column), 'unixepoch') END
        """
    }

    /// Stored JSON as text; NULL for anything else.
    ///
    /// SQLite ends a text at the escape of NUL, so U+FFFD stands for it, as in PostgreSQL. Escaped backslashes are
    /// put aside meanwhile, because `\\u0000` is no escape of NUL.
    private static func json(_ column: String) -> String {
        let text = "CAST(\(column) AS TEXT)"
        let replaced =
            #"replace(replace(replace(\#(text), '\\', char(1)), '\u0000', char(65533)), char(1), '\\')"#
        return "CASE WHEN json_valid(\(text)) THEN \(replaced) END"
    }

    private static func text(_ path: String) -> String { "json_extract(t.json, '$.\(path)')" }

    private static func integer(_ path: String) -> String {
        "CASE json_type(t.json, '$.\(path)') WHEN 'integer' THEN CAST(\(text(path)) AS INTEGER) END"
    }

    private static func flag(_ path: String) -> String {
        "CASE json_type(t.json, '$.\(path)') WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    }
}
