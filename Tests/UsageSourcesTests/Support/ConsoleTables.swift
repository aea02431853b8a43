import Foundation

/// Console's own database, with the tables that an import reads, as its migrations make them
/// (`apps/api/drizzle` of https://github.com/akash-network/console, read at d84c9e93d).
struct ConsoleTables {
    let database: IndexerDatabase

    /// Makes one for as long as `body` runs.
    static func with<Result>(_ body: (ConsoleTables) async throws -> Result) async throws -> Result {
        try await IndexerDatabase.with { database in
            try database.run(tables)
            return try await body(ConsoleTables(database: database))
        }
    }

    private static let tables = """
        CREATE TYPE stripe_transaction_status AS ENUM
            ('created', 'pending', 'requires_action', 'succeeded', 'failed', 'refunded', 'canceled');
        CREATE TYPE stripe_transaction_type AS ENUM ('payment_intent', 'coupon_claim', 'manual_credit');
        CREATE TABLE "userSetting" (
            id UUID PRIMARY KEY,
            "userId" VARCHAR(255) UNIQUE,
            email VARCHAR(255),
            -- As in a database whose locale does not order by bytes.
            "stripeCustomerId" VARCHAR(255) COLLATE "en-x-icu",
            created_at TIMESTAMP DEFAULT now()
        );
        CREATE TABLE user_wallets (
            id SERIAL PRIMARY KEY,
            user_id UUID NOT NULL UNIQUE REFERENCES "userSetting" (id) ON DELETE CASCADE,
            address VARCHAR UNIQUE,
            deployment_allowance NUMERIC(20, 2) NOT NULL DEFAULT 0.00,
            trial BOOLEAN DEFAULT TRUE,
            activated_at TIMESTAMPTZ,
            created_at TIMESTAMP NOT NULL DEFAULT now()
        );
        CREATE TABLE stripe_transactions (
            id UUID PRIMARY KEY,
            user_id UUID NOT NULL REFERENCES "userSetting" (id) ON DELETE CASCADE,
            type stripe_transaction_type NOT NULL,
            status stripe_transaction_status NOT NULL DEFAULT 'created',
            amount INTEGER NOT NULL,
            amount_refunded INTEGER NOT NULL DEFAULT 0,
            bonus_amount INTEGER NOT NULL DEFAULT 0,
            currency VARCHAR(3) NOT NULL DEFAULT 'usd',
            stripe_payment_intent_id VARCHAR(255),
            stripe_invoice_id VARCHAR(255),
            description VARCHAR(500),
            created_at TIMESTAMP NOT NULL DEFAULT now(),
            updated_at TIMESTAMP NOT NULL DEFAULT now()
        );
        """

    static func uuid(_ number: Int) -> String {
        String(format: "00000000-0000-4000-8000-%012d", number)
    }

    func addUser(_ number: Int, sub: String?, customer: String?, wallet: String? = nil) throws {
        func quoted(_ text: String?) -> String { text.map { "'\($0)'" } ?? "NULL" }
        let id = Self.uuid(number)
        try database.run(
            """
            INSERT INTO "userSetting" (id, "userId", "stripeCustomerId")
            VALUES ('\(id)', \(quoted(sub)), \(quoted(customer)))
            """
        )
        guard let wallet else { return }
        try database.run(
            """
            INSERT INTO user_wallets (user_id, address, created_at)
            VALUES ('\(id)', '\(wallet)', TIMESTAMP '2026-03-01 10:00:00')
            """
        )
    }

    /// - Parameters:
    ///   - number: The row's.
    ///   - user: The number of its user.
    ///   - values: Columns and their values in SQL.
    ///   - changed: Its time of change, in SQL.
    /// - Throws: An error of the database's.
    func addTransaction(
        _ number: Int,
        ofUser user: Int,
        _ values: [String: String],
        changed: String = "'2026-03-02 00:00:00'"
    ) throws {
        let all = values.merging(
            [
                "id": "'\(Self.uuid(number))'", "user_id": "'\(Self.uuid(user))'",
                "created_at": "'2026-03-02 00:00:00'", "updated_at": changed,
            ]
        ) { $1 }
        try database.run(
            "INSERT INTO stripe_transactions (\(all.keys.joined(separator: ", "))) "
                + "VALUES (\(all.values.joined(separator: ", ")))"
        )
    }
}
