package import Billing
import GRDB
package import Storage

extension SQLiteStore {
    package func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError) -> [[ObjectRecord]] {
        try await read("reading payments") { db in
            let statement = try db.cachedStatement(
                sql: "SELECT payment FROM objects WHERE account = ? AND kind = ? AND id = ?"
            )
            var payments: Set<Int64> = []
            for reference in references where reference.kind != .customer {
                let arguments: StatementArguments = [account ?? "", reference.kind.rawValue, reference.id]
                if let payment = try Int64.fetchOne(statement, arguments: arguments) {
                    payments.insert(payment)
                }
            }
            let customers = try references.filter { $0.kind == .customer }.compactMap {
                try ObjectRow.object(ObjectKey($0, account: account), in: .live, db)?.record
            }
            return try payments.sorted().map {
                try ObjectRow.records(ofPayment: $0, in: .live, db).map(\.record)
            } + customers.map { [$0] }
        }
    }
}
