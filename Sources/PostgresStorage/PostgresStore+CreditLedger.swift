package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func give(_ credits: [Credit]) async throws(StoreError) -> [CreditOutcome] {
        try await run("giving credits", repeats: false) { connection throws(PostgresFailure) in
            try connection.transaction(reading: [
                .turn(at: "credits"),
                Command(
                    "SELECT \(Self.columns) FROM credits WHERE id = ANY($1)",
                    [.texts(credits.map(\.id))]
                ),
            ]) { answers throws(PostgresFailure) in
                guard answers.count == 2 else { throw .unexpected }
                let standing = try Self.credits(answers[1]).map { ($0.id, $0) }
                let plan = CreditPlan(credits, standing: Dictionary(uniqueKeysWithValues: standing))
                return (plan.outcomes, writing: plan.credits.isEmpty ? [] : [Self.writing(plan.credits)])
            }
        }
    }

    package func credits(of customer: CustomerKey) async throws(StoreError) -> [Credit] {
        guard customer.account == nil else { return [] }
        return try await run("reading credits") { connection throws(PostgresFailure) in
            try Self.credits(
                try connection.execute(
                    Command(
                        "SELECT \(Self.columns) FROM credits WHERE customer = $1 ORDER BY created, id",
                        [.text(customer.customer)]
                    )
                )
            )
        }
    }

    private static let columns = "id, customer, kind, amount, currency, created, description"

    private static func credits(_ rows: Rows) throws(PostgresFailure) -> [Credit] {
        var credits: [Credit] = []
        for row in 0..<rows.count {
            guard let kind = Credit.Kind(rawValue: rows.text(row, 2)) else { throw .corrupt }
            credits.append(
                Credit(
                    id: rows.text(row, 0),
                    customer: rows.text(row, 1),
                    kind: kind,
                    money: Money(minorUnits: rows.int(row, 3), currency: Currency(rows.text(row, 4))),
                    created: Instant(unixSeconds: rows.int(row, 5)),
                    description: rows.optionalText(row, 6)
                )
            )
        }
        return credits
    }

    private static func writing(_ credits: [Credit]) -> Command {
        Command(
            """
            INSERT INTO credits (\(columns))
            SELECT * FROM unnest(
                $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[])
            """,
            [
                .texts(credits.map(\.id)), .texts(credits.map(\.customer)),
                .texts(credits.map(\.kind.rawValue)), .ints(credits.map(\.money.minorUnits)),
                .texts(credits.map(\.money.currency.code)), .ints(credits.map(\.created.unixSeconds)),
                .texts(credits.map(\.description)),
            ]
        )
    }
}
