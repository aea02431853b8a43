package import Billing
import Database

extension SQLStore {
    package func correct(_ entries: [UsageCorrection]) async throws(StoreError) -> [CorrectionOutcome] {
        try await transaction("storing corrections", under: .usage, repeats: false) { session in
            let (stored, erased) = try session.rows(
                Corrections.named(entries.map(\.id)),
                Corrections.erased(among: entries.compactMap(\.customer))
            )
            let plan = CorrectionPlan(entries, stored: stored)
            // The reason may name a person, so that of an erased customer's is not stored.
            let kept = plan.entries.map { entry in
                entry.customer.map(erased.contains) == true ? entry.withoutReason : entry
            }
            try session.runLater(kept.map(Corrections.inserting))
            return plan.outcomes
        }
    }

    package func corrections(
        of customers: [String],
        owners: [String],
        _ dates: ClosedRange<CalendarDate>
    ) async throws(StoreError) -> [UsageCorrection] {
        try await query("reading corrections") { session in
            let (named, onChain) = try session.rows(
                Corrections.of("customer", customers, dates),
                Corrections.of("owner", owners, dates)
            )
            return (named + onChain).sorted { ($0.date, $0.id) < ($1.date, $1.id) }
        }
    }
}

private enum Corrections {
    private static let columns = "id, customer, owner, date, amount, reason"

    static func named(_ ids: [String]) -> Query<UsageCorrection> {
        Query("SELECT \(columns) FROM usage_corrections WHERE id = ANY($1)", [.texts(ids)], decode: entry)
    }

    static func erased(among customers: [String]) -> Query<String> {
        Query("SELECT id FROM erased_ids WHERE account = '' AND id = ANY($1)", [.texts(customers)]) {
            try $0.text("id")
        }
    }

    static func of(
        _ column: String,
        _ values: [String],
        _ dates: ClosedRange<CalendarDate>
    ) -> Query<UsageCorrection> {
        Query(
            "SELECT \(columns) FROM usage_corrections WHERE \(column) = ANY($1) AND date BETWEEN $2 AND $3",
            [.texts(values), .int(dates.lowerBound.dayNumber), .int(dates.upperBound.dayNumber)],
            decode: entry
        )
    }

    static func inserting(_ entry: UsageCorrection) -> SQLStatement {
        SQLStatement(
            "INSERT INTO usage_corrections (\(columns)) VALUES ($1, $2, $3, $4, $5, $6)",
            [
                .text(entry.id), .text(orNull: entry.customer), .text(orNull: entry.owner),
                .int(entry.date.dayNumber), .text(entry.amount.exactText), .text(orNull: entry.reason),
            ]
        )
    }

    @Sendable
    private static func entry(_ row: SQLRow) throws -> UsageCorrection {
        let customer = try row.optionalText("customer").map(UsageCorrection.Subject.customer)
        let owner = try row.optionalText("owner").map(UsageCorrection.Subject.owner)
        let amount = ExactAmount(dollars: try row.text("amount"))
        guard let subject = customer ?? owner, let amount else {
            throw StoreError(.corrupt, while: "reading corrections")
        }
        return UsageCorrection(
            id: try row.text("id"),
            subject: subject,
            date: CalendarDate(dayNumber: try row.int("date")),
            amount: amount,
            reason: try row.optionalText("reason")
        )
    }
}
