package import Billing
import GRDB
package import Storage

extension SQLiteStore {
    package func give(_ credits: [Credit]) async throws(StoreError) -> [CreditOutcome] {
        try await write("giving credits") { db in
            var standing: [String: Credit] = [:]
            for id in Set(credits.map(\.id)) { standing[id] = try Self.credit(id, db) }
            let plan = CreditPlan(credits, standing: standing)
            for credit in plan.credits { try Self.insert(credit, db) }
            return plan.outcomes
        }
    }

    package func credits(of customer: CustomerKey) async throws(StoreError) -> [Credit] {
        guard customer.account == nil else { return [] }
        return try await read("reading credits") { db in
            let sql = "SELECT * FROM credits WHERE customer = ? ORDER BY created, id"
            return try Row.fetchAll(db, sql: sql, arguments: [customer.customer]).map(Self.credit)
        }
    }

    private static func credit(_ id: String, _ db: Database) throws -> Credit? {
        try Row.fetchOne(db, sql: "SELECT * FROM credits WHERE id = ?", arguments: [id]).map(credit)
    }

    @Sendable
    private static func credit(_ row: Row) throws -> Credit {
        guard let kind = Credit.Kind(rawValue: row["kind"]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT)
        }
        return Credit(
            id: row["id"],
            customer: row["customer"],
            kind: kind,
            money: Money(minorUnits: row["amount"], currency: Currency(row["currency"])),
            created: Instant(unixSeconds: row["created"]),
            description: row["description"]
        )
    }

    private static func insert(_ credit: Credit, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO credits (id, customer, kind, amount, currency, created, description)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            credit.id, credit.customer, credit.kind.rawValue, credit.money.minorUnits,
            credit.money.currency.code,
            credit.created.unixSeconds, credit.description,
        ])
    }
}
