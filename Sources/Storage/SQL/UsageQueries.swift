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

    package static func openLeases(of owner: String, at height: Int64) -> Query<LeaseState> {
        Query(
            // Not in order here, for SQLite would then go along all open leases.
            "SELECT record, kept FROM usage_leases WHERE owner = $1 AND (end_height IS NULL OR end_height > $2)",
            [.text(owner), .int(height)],
            decode: lease
        )
    }

    static func openLeases(after identity: String, limit: Int) -> Query<LeaseState> {
        Query(
            """
            SELECT record, kept
            FROM usage_leases
            WHERE end_height IS NULL AND identity > $1
            -- Both columns, which are the order of the index.
            ORDER BY end_height, identity
            LIMIT $2
            """,
            [.text(identity), .int(Int64(limit))],
            decode: lease
        )
    }

    /// The leases of these orders and providers, whatever the numbers of their bids.
    package static func leases(named identities: Set<LeaseIdentity>) -> Query<LeaseState> {
        Query(
            "SELECT record, kept FROM usage_leases WHERE unnumbered = ANY($1)",
            [.texts(Array(Set(identities.map(\.unnumbered.text))))],
            decode: lease
        )
    }

    /// The leases of an owner with a block in the range, and all leases with frozen days (`kept`).
    package static func leases(of owner: String, in heights: Range<Int64>) -> Query<LeaseState> {
        Query(
            """
            -- Apart, so that each goes along an index, and the past of an owner is not gone through every day.
            SELECT record, kept
            FROM usage_leases
            WHERE owner = $1 AND end_height > $2 AND created_height < $3 AND kept IS NULL
            UNION ALL
            SELECT record, kept
            FROM usage_leases
            WHERE owner = $1 AND end_height IS NULL AND created_height < $3 AND kept IS NULL
            UNION ALL
            SELECT record, kept
            FROM usage_leases
            WHERE owner = $1 AND kept IS NOT NULL
            """,
            [.text(owner), .int(heights.lowerBound), .int(heights.upperBound)],
            decode: lease
        )
    }

    /// For each owner with leases in these blocks, the first and last block of those leases.
    static func lives(
        in heights: Range<Int64>
    ) -> Query<(owner: String, created: Int64, end: Int64?)> {
        Query(
            """
            SELECT owner, min(created_height) AS created,
                CASE WHEN count(*) = count(end_height) THEN max(end_height) END AS ended
            FROM usage_leases
            WHERE (end_height IS NULL OR end_height > $1) AND created_height < $2
            GROUP BY owner
            """,
            [.int(heights.lowerBound), .int(heights.upperBound)]
        ) { (try $0.text("owner"), try $0.int("created"), try $0.optionalInt("ended")) }
    }

    /// The newest name of a provider, if it has one.
    package static func name(ofProvider provider: String) -> Query<String> {
        Query(
            """
            SELECT provider_name
            FROM usage_leases
            -- As a range, so that its order is that of the providers' index: along all leases from the newest on
            -- the one wanted may be far.
            WHERE provider BETWEEN $1 AND $1 AND provider_name IS NOT NULL
            ORDER BY provider DESC, sequence DESC
            LIMIT 1
            """,
            [.text(provider)]
        ) { try $0.text("provider_name") }
    }

    /// Reads a record and its frozen days (`kept`).
    @Sendable
    package static func lease(_ row: SQLRow) throws -> LeaseState {
        LeaseState(
            record: try row.decode("record", UsageCoding.decodeLease),
            kept: try row.decodeOptional("kept", UsageCoding.decodeKept) ?? [:]
        )
    }

    // MARK: Owners

    /// The last day through which each owner's final days are closed, of those that have one.
    package static func closedThrough(_ owners: Set<String>) -> Query<(String, CalendarDate)> {
        Query(
            "SELECT owner, closed_through FROM usage_owners WHERE owner = ANY($1) AND closed_through IS NOT NULL",
            [.texts(Array(owners))]
        ) { (try $0.text("owner"), CalendarDate(dayNumber: try $0.int("closed_through"))) }
    }

    /// The stale days of those owners that have any, by owner.
    static func stale(_ owners: [String]) -> Query<StaleUsage> {
        Query(
            """
            SELECT owner, stale_from, stale_through, stale_revision
            FROM usage_owners
            WHERE owner = ANY($1) AND stale_from IS NOT NULL
            ORDER BY owner
            """,
            [.texts(owners)]
        ) { row in
            StaleUsage(
                owner: try row.text("owner"),
                dates: try day(row, "stale_from")...day(row, "stale_through"),
                revision: try row.int("stale_revision")
            )
        }
    }

    private static func day(_ row: SQLRow, _ column: String) throws -> CalendarDate {
        CalendarDate(dayNumber: try row.int(column))
    }

    /// The owners with stale days, ascending.
    static func staleOwners(after owner: String, limit: Int) -> Query<String> {
        Query(
            "SELECT owner FROM usage_owners WHERE stale_from IS NOT NULL AND owner > $1 ORDER BY owner LIMIT $2",
            [.text(owner), .int(Int64(limit))]
        ) { try $0.text("owner") }
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
                .text(owner), .text(grouping.name), .int(dates.lowerBound.dayNumber),
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
            [.text(customer)],
            decode: period
        )
    }

    /// The customers of some addresses, and all addresses of some customers.
    static func holders(of addresses: Set<String>, or customers: Set<String>) -> Query<AddressHolder> {
        Query(
            """
            SELECT customer, address, valid_from, valid_through
            FROM usage_accounts
            WHERE address = ANY($1)
            UNION
            SELECT customer, address, valid_from, valid_through
            FROM usage_accounts
            WHERE customer = ANY($2)
            """,
            [.texts(Array(addresses)), .texts(Array(customers))]
        ) { AddressHolder(customer: try $0.text("customer"), period: try period($0)) }
    }

    private static func period(_ row: SQLRow) throws -> AccountPeriod {
        AccountPeriod(
            address: try row.text("address"),
            from: try row.optionalInt("valid_from").map(CalendarDate.init(dayNumber:)),
            through: try row.optionalInt("valid_through").map(CalendarDate.init(dayNumber:))
        )
    }
}
