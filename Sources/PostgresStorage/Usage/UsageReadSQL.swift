import Billing
import PostgresClient

/// The SQL that reads names of providers and totals, in PostgreSQL's own words.
enum UsageReadSQL {
    static func names(ofProviders providers: Set<String>) -> Command {
        Command(
            """
            SELECT p.provider, n.provider_name
            FROM unnest($1::text[]) AS p (provider)
            CROSS JOIN LATERAL (
                SELECT l.provider_name
                FROM usage_leases l
                -- As a range, so that its order is that of the providers' index: along all leases from the newest on
                -- the one wanted may be far.
                WHERE l.provider BETWEEN p.provider AND p.provider AND l.provider_name IS NOT NULL
                ORDER BY l.provider DESC, l.sequence DESC
                LIMIT 1) AS n
            """,
            [.texts(Array(providers))]
        )
    }

    static func allTotals(of owner: String) -> Command {
        Command(
            "SELECT grouping, date, name, totals FROM usage_totals WHERE owner = $1",
            [.text(owner)]
        )
    }
}
