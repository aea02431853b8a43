package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError) -> [[ObjectRecord]] {
        let named = references.filter { $0.kind != .customer }
        guard !named.isEmpty else { return [] }
        return try await run("reading payments") { connection throws(PostgresFailure) in
            let command = Projection.live.objects(ofPaymentsWith: named, account: account)
            let rows = try connection.execute(command)
            var payments: [Int64: [ObjectRecord]] = [:]
            for row in 0..<rows.count {
                payments[rows.int(row, 3), default: []].append(try ObjectRow.record(rows, row))
            }
            return payments.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}
