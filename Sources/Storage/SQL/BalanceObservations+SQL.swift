package import Billing
import Database
import JSON

extension SQLStore {
    package func observe(_ balances: [ObservedBalance]) async throws(StoreError) -> Int {
        try await transaction("storing observed balances", under: .usage, repeats: true) { session in
            var changed = 0
            let stored = try session.rows(Observations.of(balances.map(\.customer)))
            let known = Dictionary(stored.map { ($0.customer, $0) }) { first, _ in first }
            let fresh = ObservedBalance.newest(of: balances).filter { balance in
                guard let old = known[balance.customer] else { return true }
                return old.observedAt <= balance.observedAt && old != balance
            }
            changed = fresh.count
            try session.runLater(fresh.map(Observations.putting))
            return changed
        }
    }

    package func observedBalances(of customers: [String]) async throws(StoreError) -> [ObservedBalance] {
        try await query("reading observed balances") { try $0.rows(Observations.of(customers)) }
    }

    package func observedBalances(
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [ObservedBalance] {
        try await query("reading observed balances") { session in
            try session.rows(Observations.after(customer ?? "", limit: limit))
        }
    }
}

private enum Observations {
    static func of(_ customers: [String]) -> Query<ObservedBalance> {
        Query(
            "SELECT content FROM observed_balances WHERE customer = ANY($1) ORDER BY customer",
            [.texts(customers)],
            decode: balance
        )
    }

    static func after(_ customer: String, limit: Int) -> Query<ObservedBalance> {
        Query(
            "SELECT content FROM observed_balances WHERE customer > $1 ORDER BY customer LIMIT $2",
            [.text(customer), .int(Int64(limit))],
            decode: balance
        )
    }

    @Sendable
    private static func balance(_ row: SQLRow) throws -> ObservedBalance {
        let content = Array(try row.text("content").utf8)
        return try content.withUnsafeBufferPointer { bytes in
            try JSONValue.read(bytes) { try ObservedBalance($0, now: Instant(unixSeconds: .max)) }
        }
    }

    static func putting(_ balance: ObservedBalance) -> SQLStatement {
        SQLStatement(
            """
            INSERT INTO observed_balances (customer, content) VALUES ($1, $2)
            ON CONFLICT (customer) DO UPDATE SET content = excluded.content
            """,
            [.text(balance.customer), .text(JSONWriter.object { balance.write(to: &$0) }.text)]
        )
    }
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
