package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError) -> [[ObjectRecord]] {
        guard !references.isEmpty else { return [] }
        return try await run("reading payments") { connection throws(PostgresFailure) in
            let command = Projection.live.objects(
                ofPaymentsWith: references.filter { $0.kind != .customer },
                customers: references.filter { $0.kind == .customer },
                account: account
            )
            let rows = try connection.execute(command)
            var customers: [[ObjectRecord]] = []
            var payments: [Int64: [ObjectRecord]] = [:]
            for row in 0..<rows.count {
                guard let record = ObjectRow.record(rows, row)?.record else { continue }
                if record.reference.kind == .customer {
                    customers.append([record])
                } else {
                    payments[rows.int(row, 3), default: []].append(record)
                }
            }
            return payments.sorted { $0.key < $1.key }.map(\.value) + customers
        }
    }
}
