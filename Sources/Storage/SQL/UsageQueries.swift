package import Billing
package import Database

/// The queries that read the calendar, leases and accounts.
package enum UsageQueries {
    // MARK: The calendar

    private static let dayColumns =
        "date, first_height, last_height, last_height_yet, akt_usd, price_source, final"

    /// All days, ascending.
    package static let calendar = Query(
        "SELECT \(dayColumns) FROM usage_calendar ORDER BY date",
        decode: day
    )

    package static let newestDay = Query(
        "SELECT \(dayColumns) FROM usage_calendar ORDER BY date DESC LIMIT 1",
        decode: day
    )

    package static func calendar(_ dates: ClosedRange<CalendarDate>) -> Query<CalendarDay> {
        Query(
            "SELECT \(dayColumns) FROM usage_calendar WHERE date BETWEEN $1 AND $2 ORDER BY date",
            [.int(dates.lowerBound.dayNumber), .int(dates.upperBound.dayNumber)],
            decode: day
        )
    }

    @Sendable
    private static func day(_ row: SQLRow) throws -> CalendarDay {
        CalendarDay(
            date: CalendarDate(dayNumber: try row.int("date")),
            firstHeight: try row.int("first_height"),
            lastHeight: try row.optionalInt("last_height"),
            lastHeightYet: try row.int("last_height_yet"),
            aktPrice: try row.optionalText("akt_usd").flatMap(AKTPrice.init),
            priceSource: try row.optionalText("price_source"),
            isFinal: try row.bool("final")
        )
    }

    // MARK: Leases

    package static func openLeases(of owner: String) -> Query<LeaseState> {
        Query(
            "SELECT record, kept FROM usage_leases WHERE owner = $1 AND end_height IS NULL ORDER BY identity",
            [.text(owner)],
            decode: lease
        )
    }

    package static func leases(named identities: Set<LeaseIdentity>) -> Query<LeaseState> {
        Query(
            "SELECT record, kept FROM usage_leases WHERE identity = ANY($1)",
            [.texts(identities.map(\.text))],
            decode: lease
        )
    }

    /// Reads a record and its frozen days (`kept`).
    @Sendable
    package static func lease(_ row: SQLRow) throws -> LeaseState {
        LeaseState(
            record: try row.decode("record", UsageCoding.decodeLease),
            kept: try row.decodeOptional("kept", UsageCoding.decodeKept) ?? [:]
        )
    }

    // MARK: Totals

    package static func totals(
        of owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) -> Query<UsageGroup?> {
        Query(
            """
            SELECT date, name, totals
            FROM usage_totals
            WHERE owner = $1 AND grouping = $2 AND date BETWEEN $3 AND $4
            ORDER BY date, name
            """,
            [
                .text(owner), .text(grouping.rawValue), .int(dates.lowerBound.dayNumber),
                .int(dates.upperBound.dayNumber),
            ],
            decode: group
        )
    }

    /// - Returns: `nil` if the total cannot be read; the caller then adds up from the facts.
    @Sendable
    private static func group(_ row: SQLRow) throws -> UsageGroup? {
        let date = CalendarDate(dayNumber: try row.int("date"))
        let name = try row.text("name")
        return try row.decode("totals") { try? UsageCoding.decodeTotals($0) }
            .map { UsageGroup(date: date, group: name, totals: $0) }
    }

    // MARK: Accounts

    package static func accounts(of customer: String) -> Query<AccountPeriod> {
        Query(
            """
            SELECT address, valid_from, valid_through
            FROM usage_accounts
            WHERE customer = $1
            ORDER BY address, valid_from NULLS FIRST
            """,
            [.text(customer)]
        ) { row in
            AccountPeriod(
                address: try row.text("address"),
                from: try row.optionalInt("valid_from").map(CalendarDate.init(dayNumber:)),
                through: try row.optionalInt("valid_through").map(CalendarDate.init(dayNumber:))
            )
        }
    }
}
