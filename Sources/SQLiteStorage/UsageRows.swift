import Billing
import Database
import Foundation
import GRDB
import Storage

/// Reads and writes leases, days and totals as rows of their tables.
enum UsageRows {
    // MARK: The calendar

    static func write(_ day: CalendarDay, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO usage_calendar
                    (date, first_height, last_height, last_height_yet, akt_usd, price_source, final)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (date) DO UPDATE SET
                    first_height = excluded.first_height, last_height = excluded.last_height,
                    last_height_yet = excluded.last_height_yet, akt_usd = excluded.akt_usd,
                    price_source = excluded.price_source, final = excluded.final
                """
        )
        try statement.execute(arguments: [
            day.date.dayNumber, day.firstHeight, day.lastHeight, day.lastHeightYet, day.aktPrice?.text,
            day.priceSource, day.isFinal,
        ])
    }

    // MARK: Leases

    static func lease(_ identity: LeaseIdentity, _ db: Database) throws -> LeaseState? {
        try SQLiteSession(db).row(UsageQueries.leases(named: [identity]))
    }

    /// The leases of an owner with a block in the range, and all leases with frozen days (`kept`).
    static func leases(of owner: String, in heights: Range<Int64>, _ db: Database) throws -> [LeaseState] {
        try SQLiteSession(db).rows(
            Query(
                """
                SELECT record, kept
                FROM usage_leases
                WHERE owner = $1 AND (end_height IS NULL OR end_height > $2 OR kept IS NOT NULL)
                    AND (created_height < $3 OR kept IS NOT NULL)
                """,
                [.text(owner), .int(heights.lowerBound), .int(heights.upperBound)],
                decode: UsageQueries.lease
            )
        )
    }

    static func write(_ lease: LeaseState, _ db: Database) throws {
        let record = lease.record
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO usage_leases
                    (identity, owner, provider, provider_name, created_height, end_height, record, kept)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (identity) DO UPDATE SET
                    -- A name is as new as the record that brought it.
                    sequence = CASE
                        WHEN excluded.provider_name IS usage_leases.provider_name THEN usage_leases.sequence
                        ELSE (SELECT max(sequence) + 1 FROM usage_leases)
                    END,
                    provider_name = excluded.provider_name, created_height = excluded.created_height,
                    end_height = excluded.end_height, record = excluded.record, kept = excluded.kept
                """
        )
        try statement.execute(arguments: [
            record.identity.text, record.identity.owner, record.identity.provider, record.providerName,
            record.createdHeight, record.endHeight, Data(UsageCoding.encode(record)),
            lease.kept.isEmpty ? nil : Data(UsageCoding.encode(kept: lease.kept)),
        ])
    }

    // MARK: Owners

    static func closedThrough(_ owner: String, _ db: Database) throws -> CalendarDate? {
        let statement = try db.cachedStatement(sql: "SELECT closed_through FROM usage_owners WHERE owner = ?")
        let day = try Row.fetchOne(statement, arguments: [owner])?["closed_through"] as Int64?
        return day.map(CalendarDate.init(dayNumber:))
    }

    /// Records that the totals of some days do not follow from the leases yet.
    static func markDirty(_ owner: String, _ dates: ClosedRange<CalendarDate>, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO usage_owners (owner, stale_from, stale_through)
                VALUES (?, ?, ?)
                ON CONFLICT (owner) DO UPDATE SET
                    stale_revision = stale_revision + 1,
                    stale_from = min(ifnull(stale_from, excluded.stale_from), excluded.stale_from),
                    stale_through = max(ifnull(stale_through, excluded.stale_through), excluded.stale_through)
                """
        )
        try statement.execute(arguments: [owner, dates.lowerBound.dayNumber, dates.upperBound.dayNumber])
    }
}
