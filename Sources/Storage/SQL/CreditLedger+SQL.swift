package import Billing
import Database

extension SQLStore {
    package func give(_ credits: [Credit]) async throws(StoreError) -> [CreditOutcome] {
        try await transaction("giving credits", under: .credits, repeats: false) { session in
            let standing = try session.rows(Credits.named(credits.map(\.id))).map { ($0.id, $0) }
            let plan = CreditPlan(credits, standing: Dictionary(uniqueKeysWithValues: standing))
            try session.runLater(plan.credits.map(Credits.inserting))
            return plan.outcomes
        }
    }

    package func credits(of customer: CustomerKey) async throws(StoreError) -> [Credit] {
        guard customer.account == nil else { return [] }
        return try await query("reading credits") { try $0.rows(Credits.of(customer.customer)) }
    }
}

private enum Credits {
    private static let columns = "id, customer, kind, amount, currency, created, description"

    static func named(_ ids: [String]) -> Query<Credit> {
        Query("SELECT \(columns) FROM credits WHERE id = ANY($1)", [.texts(ids)], decode: credit)
    }

    static func of(_ customer: String) -> Query<Credit> {
        Query(
            "SELECT \(columns) FROM credits WHERE customer = $1 ORDER BY created, id",
            [.text(customer)],
            decode: credit
        )
    }

    static func inserting(_ credit: Credit) -> SQLStatement {
        SQLStatement(
            "INSERT INTO credits (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                .text(credit.id), .text(credit.customer), .text(credit.kind.rawValue),
                .int(credit.money.minorUnits), .text(credit.money.currency.code),
                .int(credit.created.unixSeconds), .text(orNull: credit.description),
            ]
        )
    }

    @Sendable
    private static func credit(_ row: SQLRow) throws -> Credit {
        Credit(
            id: try row.text("id"),
            customer: try row.text("customer"),
            kind: try row.known("kind"),
            money: Money(
                minorUnits: try row.int("amount"),
                currency: Currency(try row.text("currency"))
            ),
            created: Instant(unixSeconds: try row.int("created")),
            description: try row.optionalText("description")
        )
    }
}
