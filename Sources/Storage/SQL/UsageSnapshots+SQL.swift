package import Billing
import Database

/// The parts of the usage ledger that a usage sync reads.
extension SQLStore {
    package func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord] {
        let identities = Set(identities)
        return try await query("reading leases") { session in
            try session.rows(UsageQueries.leases(named: identities)).map(\.record)
        }
    }

    package func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String] {
        try await query("reading addresses") { session in
            try session.rows(
                Query(
                    "SELECT DISTINCT address FROM usage_accounts WHERE address > $1 ORDER BY address LIMIT $2",
                    [.text(address ?? ""), .int(Int64(limit))]
                ) { try $0.text("address") }
            )
        }
    }
}
