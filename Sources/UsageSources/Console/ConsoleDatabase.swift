import Billing
import Database
package import PostgresClient
package import Storage

/// Reads Console's own database, whose tables are in `apps/api/drizzle` of
/// <https://github.com/akash-network/console>.
///
/// Each page is read in a read-only transaction, in which PostgreSQL refuses writes. A standby is enough.
package struct ConsoleDatabase: ConsoleSource {
    private let line: DedicatedConnection
    /// A table of Console's database; `nil` for none.
    private let formerWallets: String?

    /// - Parameters:
    ///   - url: The URL of the database.
    ///   - formerWallets: A table of former wallets, with the columns `user_id` and `address`; `nil` for none. It is
    ///     part of SQL, so it must be a name.
    ///   - statementMilliseconds: The time limit of one query.
    package init(_ url: PostgresURL, formerWallets: String? = nil, statementMilliseconds: Int32 = 30_000) {
        self.formerWallets = formerWallets
        var limits = PostgresConnection.Limits()
        limits.statement = statementMilliseconds
        line = DedicatedConnection(
            DedicatedConnection.Origin(
                url: url,
                limits: limits,
                // Its times have no zone, and are in UTC.
                settings: ["default_transaction_read_only = on", "TimeZone = 'UTC'"],
                role: .reader
            ),
            label: "console-billing.console"
        )
    }

    /// Closes the connection.
    package func close() async { await line.close() }

    package func customers(
        after customer: String?,
        limit: Int
    ) async throws(UsageSourceError) -> [ConsoleCustomer] {
        try await rows(ConsoleQuery.customers(after: customer, limit: limit, formerWallets: formerWallets))
    }

    package func payments(
        after place: ConsolePlace?,
        limit: Int
    ) async throws(UsageSourceError) -> [ConsolePayment] {
        try await rows(ConsoleQuery.payments(after: place, limit: limit))
    }

    private func rows<Row: Sendable>(_ query: Query<Row>) async throws(UsageSourceError) -> [Row] {
        do throws(PostgresFailure) {
            return try await line.run(repeats: false) { connection throws(PostgresFailure) in
                try connection.transaction(.snapshot) { () throws(PostgresFailure) in
                    try connection.rows(query)
                }
            }
        } catch {
            throw UsageSourceError(error, of: .console(formerWallets))
        }
    }
}

extension ReadDatabase {
    fileprivate static func console(_ formerWallets: String?) -> ReadDatabase {
        ReadDatabase(
            name: "Console's database",
            setting: "CONSOLE_DATABASE_URL",
            tables: #""userSetting", user_wallets, stripe_transactions"#
                + (formerWallets.map { ", \($0)" } ?? "")
        )
    }
}

/// The queries to Console's database.
///
/// Texts are cut beyond the longest valid length, so that a result has a limited size.
enum ConsoleQuery {
    /// Each wallet is a line: its user, and its values, `-` for none; the address comes last.
    ///
    /// A wallet that was activated by a payment, and not by a trial, has a transaction from before:
    /// `RefillService.ensureActivatedWallet`.
    static func customers(
        after customer: String?,
        limit: Int,
        formerWallets: String?
    ) -> Query<ConsoleCustomer> {
        let former = formerWallets.map { table in
            // A wallet that a user has now is no other user's former one.
            " UNION ALL SELECT user_id::uuid, 0, '- - - -', address::text FROM \(table) f "
                + "WHERE NOT EXISTS (SELECT FROM user_wallets w WHERE w.address = f.address::text)"
        }
        return Query(
            """
            SELECT left(u."stripeCustomerId", 256) AS id,
                concat_ws(chr(10), string_agg(DISTINCT u.id::text, chr(10)),
                    string_agg(DISTINCT left(u."userId", 256), chr(10)) FILTER (WHERE u."userId" !~ '[[:cntrl:]]')) AS users,
                string_agg(u.id::text || ' ' || w.told || ' ' || left(w.address, 256), chr(10) ORDER BY w.id, w.address)
                    FILTER (WHERE w.address !~ '[[:cntrl:]]') AS wallets
            FROM (
                -- By bytes, for a locale sorts the letters of Stripe's ids otherwise. Longer texts are no ids, and
                -- one that is cut would come again.
                SELECT "stripeCustomerId" AS id
                FROM "userSetting"
                WHERE "stripeCustomerId" COLLATE "C" > $1 COLLATE "C" AND length("stripeCustomerId") <= 255
                GROUP BY "stripeCustomerId"
                ORDER BY "stripeCustomerId" COLLATE "C"
                LIMIT $2::bigint
            ) page
            JOIN "userSetting" u ON u."stripeCustomerId" = page.id
            LEFT JOIN (
                SELECT user_id, id, concat_ws(' ',
                    floor(extract(epoch FROM
                        CASE WHEN isfinite(created_at) THEN created_at ELSE TIMESTAMP 'epoch' END))::bigint,
                    deployment_allowance,
                    CASE WHEN trial THEN 'trial' ELSE '-' END,
                    CASE WHEN isfinite(activated_at) AND NOT EXISTS (
                            SELECT FROM stripe_transactions t
                            WHERE t.user_id = user_wallets.user_id AND t.status IN ('succeeded', 'refunded')
                                AND t.created_at <= user_wallets.activated_at)
                        THEN floor(extract(epoch FROM activated_at))::bigint::text ELSE '-' END) AS told, address
                FROM user_wallets\(former ?? "")
            ) w ON w.user_id = u.id
            GROUP BY u."stripeCustomerId"
            ORDER BY u."stripeCustomerId" COLLATE "C"
            """,
            [.text(customer ?? ""), .int(Int64(limit))]
        ) { row in
            ConsoleCustomer(
                id: try row.text("id"),
                users: Set(try row.text("users").split(separator: "\n").map(String.init)),
                wallets: (try row.optionalText("wallets") ?? "").split(separator: "\n").compactMap(wallet)
            )
        }
    }

    @Sendable
    private static func wallet(_ line: Substring) -> ConsoleCustomer.Wallet? {
        let parts = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false).map(
            String.init
        )
        guard parts.count == 6 else { return nil }
        func instant(_ text: String) -> Instant? {
            Int64(text).map { Instant(unixSeconds: $0).clampedToDates }
        }
        return ConsoleCustomer.Wallet(
            address: parts[5],
            user: parts[0],
            created: instant(parts[1]),
            // Its page takes a million of the chain's units for a dollar: `BalancesService.toFiatAmount`.
            allowance: TokenAmount(microUnits: parts[2]).map(ExactAmount.init(microDollars:)),
            isTrial: parts[3] == "trial",
            trialBegan: instant(parts[4])
        )
    }

    static func payments(after place: ConsolePlace?, limit: Int) -> Query<ConsolePayment> {
        Query(
            """
            SELECT t.id::text AS id, (extract(epoch FROM t.changed) * 1000000)::bigint AS changed, t.user_id::text AS user_id,
                nullif(left(u."userId", 256), '') AS sub,
                nullif(left(u."stripeCustomerId", 256), '') AS customer, t.type::text AS type,
                coalesce(t.status::text, '') AS status, coalesce(t.amount, 0)::bigint AS amount,
                coalesce(t.amount_refunded, 0)::bigint AS refunded, coalesce(t.bonus_amount, 0)::bigint AS bonus,
                coalesce(lower(t.currency), '') AS currency,
                nullif(left(t.stripe_payment_intent_id, 256), '') AS intent,
                nullif(left(t.stripe_invoice_id, 256), '') AS invoice, left(t.description, 256) AS description,
                floor(extract(epoch FROM CASE WHEN isfinite(t.created_at) THEN t.created_at END))::bigint AS created
            FROM (
                SELECT *, CASE WHEN isfinite(updated_at) THEN updated_at ELSE TIMESTAMP 'epoch' END AS changed
                FROM stripe_transactions
            ) t
            LEFT JOIN "userSetting" u ON u.id = t.user_id
            WHERE (t.changed, t.id) > (TIMESTAMP 'epoch' + $1::bigint * INTERVAL '1 microsecond', $2::text::uuid)
            ORDER BY t.changed, t.id
            LIMIT $3::bigint
            """,
            [
                .int(place?.changed ?? 0), .text(place?.id ?? "00000000-0000-0000-0000-000000000000"),
                .int(Int64(limit)),
            ]
        ) { row in
            ConsolePayment(
                place: ConsolePlace(changed: try row.int("changed"), id: try row.text("id")),
                users: [try row.optionalText("user_id"), try row.optionalText("sub")].compactMap(\.self),
                customer: try row.optionalText("customer"),
                kind: ConsolePayment.Kind(rawValue: try row.text("type")) ?? .other,
                status: try row.text("status"),
                amount: try row.int("amount"),
                amountRefunded: try row.int("refunded"),
                bonus: try row.int("bonus"),
                currency: Currency(try row.text("currency")),
                paymentIntent: try row.optionalText("intent"),
                invoice: try row.optionalText("invoice"),
                description: try row.optionalText("description"),
                created: Instant(unixSeconds: try row.optionalInt("created") ?? 0).clampedToDates
            )
        }
    }
}
