package import Billing
import GRDB
package import Storage

/// The parts of the usage ledger that a usage sync reads.
extension SQLiteStore {
    package func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord] {
        try await read("reading leases") { db in
            try identities.compactMap { try UsageRows.lease($0, db)?.record }
        }
    }

    package func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String] {
        try await read("reading addresses") { db in
            let sql = "SELECT DISTINCT address FROM usage_accounts WHERE address > ? ORDER BY address LIMIT ?"
            return try String.fetchAll(db, sql: sql, arguments: [address ?? "", limit])
        }
    }
}
