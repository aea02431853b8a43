import Billing
import PostgresClient
import Storage

/// The SQL that reads the calendar, leases, totals and accounts.
enum UsageReading {
    // MARK: The calendar

    private static let dayColumns =
        "date, first_height, last_height, last_height_yet, akt_usd, price_source, final"

    /// All days, ascending.
    static let calendar = Command("SELECT \(dayColumns) FROM usage_calendar ORDER BY date")
    static let newestDay = Command("SELECT \(dayColumns) FROM usage_calendar ORDER BY date DESC LIMIT 1")

    static func calendar(_ dates: ClosedRange<CivilDate>) -> Command {
        Command(
            "SELECT \(dayColumns) FROM usage_calendar WHERE date BETWEEN $1 AND $2 ORDER BY date",
            [.int(dates.lowerBound.dayNumber), .int(dates.upperBound.dayNumber)]
        )
    }

    static func days(_ rows: Rows) -> [CalendarDay] {
        rows.map { row in
            CalendarDay(
                date: CivilDate(dayNumber: rows.int(row, 0)),
                firstHeight: rows.int(row, 1),
                lastHeight: rows.optionalInt(row, 2),
                lastHeightYet: rows.int(row, 3),
                aktPrice: rows.optionalText(row, 4).flatMap(AKTPrice.init),
                priceSource: rows.optionalText(row, 5),
                isFinal: rows.bool(row, 6)
            )
        }
    }

    // MARK: Leases

    static func openLeases(of owner: String) -> Command {
        Command(
            "SELECT record, kept FROM usage_leases WHERE owner = $1 AND end_height IS NULL ORDER BY identity",
            [.text(owner)]
        )
    }

    static func names(ofProviders providers: Set<String>) -> Command {
        Command(
            """
            SELECT p.provider, n.provider_name
            FROM unnest($1::text[]) AS p (provider)
            CROSS JOIN LATERAL (
                SELECT l.provider_name
                FROM usage_leases l
                -- As a range, so that its order is that of the providers' index: along all leases from the newest on
                -- the one wanted may be far.
                WHERE l.provider BETWEEN p.provider AND p.provider AND l.provider_name IS NOT NULL
                ORDER BY l.provider DESC, l.sequence DESC
                LIMIT 1) AS n
            """,
            [.texts(Array(providers))]
        )
    }

    static func leases(_ rows: Rows) throws(PostgresFailure) -> [KnownLease] {
        var leases: [KnownLease] = []
        for row in 0..<rows.count { leases.append(try lease(rows, row)) }
        return leases
    }

    /// Reads a row that begins with a record and its frozen days (`kept`).
    static func lease(_ rows: Rows, _ row: Int) throws(PostgresFailure) -> KnownLease {
        do {
            return KnownLease(
                record: try UsageCoding.decodeLease(rows.raw(row, 0).bindMemory(to: UInt8.self)),
                kept: rows.isNull(row, 1)
                    ? [:] : try UsageCoding.decodeKept(rows.raw(row, 1).bindMemory(to: UInt8.self))
            )
        } catch {
            throw .corrupt
        }
    }

    // MARK: Totals

    static func totals(
        of owner: String,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping
    ) -> Command {
        Command(
            """
            SELECT date, name, totals
            FROM usage_totals
            WHERE owner = $1 AND grouping = $2 AND date BETWEEN $3 AND $4
            ORDER BY date, name
            """,
            [
                .text(owner), .text(grouping.rawValue), .int(dates.lowerBound.dayNumber),
                .int(dates.upperBound.dayNumber),
            ]
        )
    }

    /// - Returns: `nil` if a total cannot be read; the caller then adds up from the facts.
    static func groups(_ rows: Rows) -> [UsageGroup]? {
        var groups: [UsageGroup] = []
        for row in 0..<rows.count {
            let bytes = rows.raw(row, 2).bindMemory(to: UInt8.self)
            guard let totals = try? UsageCoding.decodeTotals(bytes) else { return nil }
            let date = CivilDate(dayNumber: rows.int(row, 0))
            groups.append(UsageGroup(date: date, group: rows.text(row, 1), totals: totals))
        }
        return groups
    }

    static func allTotals(of owner: String) -> Command {
        Command(
            "SELECT grouping, date, name, totals FROM usage_totals WHERE owner = $1",
            [.text(owner)]
        )
    }

    // MARK: Accounts

    static func accounts(of customer: String) -> Command {
        Command(
            """
            SELECT address, valid_from, valid_through
            FROM usage_accounts
            WHERE customer = $1
            ORDER BY address, valid_from NULLS FIRST
            """,
            [.text(customer)]
        )
    }

    static func accounts(_ rows: Rows) -> [AccountPeriod] {
        rows.map { row in
            AccountPeriod(
                address: rows.text(row, 0),
                from: rows.optionalInt(row, 1).map(CivilDate.init(dayNumber:)),
                through: rows.optionalInt(row, 2).map(CivilDate.init(dayNumber:))
            )
        }
    }
}
