package import Billing
import PostgresClient
package import Storage

/// The parts of the usage ledger that a usage sync reads.
extension PostgresStore {
    package func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord] {
        try await run("reading leases") { connection throws(PostgresFailure) in
            let rows = try connection.execute(UsageIntake.leases(Set(identities)))
            return try UsageReading.leases(rows).map(\.record)
        }
    }

    package func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String] {
        try await run("reading addresses") { connection throws(PostgresFailure) in
            let rows = try connection.execute(
                Command(
                    """
                    SELECT DISTINCT address COLLATE "C"
                    FROM usage_accounts
                    WHERE address COLLATE "C" > $1
                    ORDER BY 1
                    LIMIT $2
                    """,
                    [.text(address ?? ""), .int(Int64(limit))]
                )
            )
            return rows.map { rows.text($0, 0) }
        }
    }
}
