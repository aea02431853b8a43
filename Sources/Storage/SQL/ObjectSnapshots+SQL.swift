package import Billing
import Database

extension SQLStore {
    package func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError) -> [[ObjectRecord]] {
        guard !references.isEmpty else { return [] }
        let queries = Dictionary(grouping: references, by: \.kind).map { kind, references in
            (kind, Objects.named(references.map(\.id), kind, account: account))
        }
        return try await query("reading payments") { session in
            var payments: [Int64: [ObjectRecord]] = [:]
            var customers: [[ObjectRecord]] = []
            for ((kind, _), rows) in zip(queries, try session.rows(ofEach: queries.map(\.1))) {
                let objects = rows.compactMap(\.self)
                if kind == .customer {
                    customers += objects.map { [$0.record] }
                } else {
                    // Two kinds may name objects of one payment.
                    let found = Dictionary(grouping: objects, by: \.payment).mapValues { $0.map(\.record) }
                    payments.merge(found) { first, _ in first }
                }
            }
            return payments.sorted { $0.key < $1.key }.map(\.value) + customers
        }
    }
}

private enum Objects {
    /// All objects of the payments that objects of one kind belong to; customers alone, which belong to no
    /// payment.
    static func named(_ ids: [String], _ kind: ObjectKind, account: String?) -> Query<StoredObject?> {
        let named = "account = $1 AND kind = $2 AND id = ANY($3)"
        let condition =
            kind == .customer ? named : "payment IN (SELECT payment FROM objects WHERE \(named))"
        return Query(
            "SELECT \(StoredObject.columns) FROM objects WHERE \(condition)",
            [.text(account ?? ""), .text(kind.rawValue), .texts(Array(Set(ids)))],
            decode: StoredObject.read
        )
    }
}
