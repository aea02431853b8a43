/// The views for analysts, documented in `deploy/docs/reference/views.md`.
///
/// Names and meaning are the same as in SQLite. Columns are named as in Stripe's own export to PostgreSQL
/// (<https://docs.stripe.com/data/data-pipeline/real-time-sync-to-postgres/schema>). No stored value makes a
/// view fail: what cannot be read is NULL.
package enum PostgresViews {
    static let definition =
        json + derived
            + """
            CREATE OR REPLACE VIEW events_view AS
                SELECT e.id, e.api_version, e.type, \(time("e.created")) AS created,
                    \(time("e.received_at")) AS received_at, e.livemode, e.account, e.source, e.disposition
                FROM events e;
            """
        + dailyUsage("daily_usage_view", by: "total", group: nil)
        + dailyUsage("daily_usage_by_provider_view", by: "provider", group: "provider")
        + dailyUsage("daily_usage_by_gpu_model_view", by: "gpu_model", group: "gpu_model")

    /// The views on tables that a rebuild exchanges.
    ///
    /// A view keeps reading the table it was created on, also after that is renamed, so a rebuild replaces these
    /// views. Replaced views keep their grants.
    package static let derived = transactions + customers

    // `jsonb` refuses the escape of NUL, which `TEXT` cannot hold: U+FFFD stands for it. Escaped backslashes are
    // put aside meanwhile, because `\\u0000` is no escape of NUL.
    private static let json = #"""
        CREATE OR REPLACE FUNCTION console_billing_json(stored BYTEA) RETURNS JSONB
        LANGUAGE plpgsql IMMUTABLE STRICT AS $$
        BEGIN
            RETURN replace(replace(replace(
                convert_from(stored, 'UTF8'), '\\', chr(1)), '\u0000', chr(65533)), chr(1), '\\')::JSONB;
        EXCEPTION WHEN OTHERS THEN
            RETURN NULL;
        END
        $$;
        """#

    private static let transactions = """
        CREATE OR REPLACE VIEW transactions_view AS
            SELECT t.id, t.type, t.status, \(time("t.created")) AS created, nullif(t.account, '') AS account,
                t.customer, t.livemode, t.currency, t.amount, t.amount_refunded, t.amount_gone AS amount_lost,
                t.description, t.payment_intent, t.charge, t.invoice, t.refund, t.dispute, t.disputed,
                t.refund_reason, t.failure_code, t.failure_decline_code, t.failure_message, t.payment_method_type,
                t.payment_method_brand, t.payment_method_last4, t.payment_method_label, t.presentment_amount,
                t.presentment_currency, t.receipt_number, t.reference,
                \(time("t.succeeded_at")) AS succeeded_at, t.bonus, t.credit_kind
            FROM transactions t;
        """

    // The order of trust is alphabetical for stored links, and Stripe's metadata count last. Ids that are not 1 to
    // 255 printable ASCII characters are no ids of Console.
    private static let customers = """
        CREATE OR REPLACE VIEW customers_view AS
            SELECT nullif(k.account, '') AS account, k.id AS customer,
                CASE WHEN EXISTS (
                    SELECT FROM customer_links l
                    WHERE l.account = k.account AND l.customer = k.id AND l.kind = 'user')
                THEN (
                    SELECT array_agg(l.identity ORDER BY l.identity)
                    FROM customer_links l
                    WHERE l.account = k.account AND l.customer = k.id AND l.kind = 'user' AND l.identity <> ''
                        AND l.origin = (
                            SELECT min(o.origin) FROM customer_links o
                            WHERE o.account = l.account AND o.customer = l.customer AND o.kind = l.kind))
                ELSE (
                    SELECT array_agg(c.console_user)
                    FROM customers c
                    WHERE c.account = k.account AND c.id = k.id AND c.account = ''
                        AND octet_length(c.console_user) BETWEEN 1 AND 255 AND c.console_user ~ '^[ -~]*$')
                END AS console_users,
                (
                    SELECT array_agg(l.identity ORDER BY l.identity)
                    FROM customer_links l
                    WHERE l.account = k.account AND l.customer = k.id AND l.kind = 'organization'
                        AND l.identity <> ''
                        AND l.origin = (
                            SELECT min(o.origin) FROM customer_links o
                            WHERE o.account = l.account AND o.customer = l.customer AND o.kind = l.kind)
                ) AS organizations,
                (
                    SELECT array_agg(DISTINCT a.address ORDER BY a.address)
                    FROM usage_accounts a
                    WHERE k.account = '' AND a.customer = k.id
                ) AS addresses
            FROM (
                SELECT c.account, c.id FROM customers c
                UNION SELECT l.account, l.customer FROM customer_links l
                UNION SELECT t.account, t.customer FROM transactions t WHERE t.customer IS NOT NULL
                UNION SELECT '', a.customer FROM usage_accounts a
            ) k;
        """

    /// - Parameters:
    ///   - view: The name of the view.
    ///   - grouping: The stored grouping; see `UsageGrouping`.
    ///   - group: The column with the name of the group; `nil` if all usage of a day is one group.
    /// - Returns: The statement.
    private static func dailyUsage(_ view: String, by grouping: String, group: String?) -> String {
        let decimal = #"^[0-9]{1,21}(\.[0-9]{1,18})?$"#
        return """
            CREATE OR REPLACE VIEW \(view) AS
                SELECT DATE '1970-01-01' + u.date::INTEGER AS date, u.owner AS address,
                    (
                        SELECT min(a.customer)
                        FROM usage_accounts a
                        WHERE a.address = u.owner AND u.date >= coalesce(a.valid_from, u.date)
                            AND u.date <= coalesce(a.valid_through, u.date)
                    ) AS customer,
                    \(group.map { "nullif(u.name, '') AS \($0)," } ?? "")
                    \(integer("leases")) AS leases, \(integer("deployments")) AS deployments,
                    \(integer("cpu_milli")) AS cpu_milli, \(integer("memory_bytes")) AS memory_bytes,
                    \(integer("ephemeral_bytes")) AS ephemeral_bytes, \(integer("persistent_bytes")) AS persistent_bytes,
                    s.gpus,
                    s.spent AS spent_micros,
                    coalesce(
                        d.final AND s.spent IS NOT NULL AND NOT (u.date >= o.stale_from AND u.date <= o.stale_through) IS TRUE,
                        FALSE) AS complete
                FROM usage_totals u
                LEFT JOIN usage_calendar d ON d.date = u.date
                LEFT JOIN usage_owners o ON o.owner = u.owner
                CROSS JOIN LATERAL (SELECT console_billing_json(u.totals) AS body OFFSET 0) b
                CROSS JOIN LATERAL (
                    SELECT
                        CASE jsonb_typeof(b.body -> 'amounts') WHEN 'object' THEN b.body -> 'amounts' END AS amounts,
                        CASE jsonb_typeof(b.body -> 'gpus') WHEN 'object' THEN b.body -> 'gpus' END AS gpus
                    OFFSET 0
                ) m
                CROSS JOIN LATERAL (
                    SELECT
                        CASE WHEN m.amounts IS NOT NULL AND count(*) = count(a.cost)
                            THEN least(round(coalesce(sum(a.cost), 0)), 9223372036854775807)::BIGINT END AS spent,
                        CASE WHEN m.gpus IS NOT NULL THEN (
                            SELECT least(coalesce(sum(g.value::NUMERIC), 0), 9223372036854775807)::BIGINT
                            FROM jsonb_each_text(m.gpus) g
                            WHERE g.value ~ '^[0-9]{1,19}$'
                        ) END AS gpus
                    FROM (
                        SELECT v.amount * CASE
                            WHEN v.token IN ('uact', 'uusdc') THEN 1
                            WHEN v.token = 'uakt' AND d.akt_usd ~ '\(decimal)' THEN d.akt_usd::NUMERIC
                        END AS cost
                        FROM (
                            SELECT t.key AS token, CASE WHEN t.value ~ '\(decimal)' THEN t.value::NUMERIC END AS amount
                            FROM jsonb_each_text(m.amounts) t
                        ) v
                        WHERE v.amount IS DISTINCT FROM 0
                    ) a
                ) s
                WHERE u.grouping = '\(grouping)';

            """
    }

    // MARK: Columns

    /// The moments outside the years 1 to 9999 have no date that can be written.
    private static func time(_ column: String) -> String {
        "CASE WHEN \(column) BETWEEN -62135596800 AND 253402300799 THEN to_timestamp(\(column)) END"
    }

    private static func integer(_ path: String...) -> String {
        let text = "b.body #>> '{\(path.joined(separator: ","))}'"
        let bounded = "greatest(least((\(text))::NUMERIC, 9223372036854775807), -9223372036854775808)"
        return "CASE WHEN \(text) ~ '^-?[0-9]{1,19}$' THEN \(bounded)::BIGINT END"
    }

    private static func flag(_ member: String) -> String {
        "CASE b.body ->> '\(member)' WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
    }
}
