import Billing
import Foundation
import GRDB
import Storage

/// Takes leases and days in: facts and what became stale by them, in one database transaction.
extension SQLiteStore {
    static func put(
        _ leases: [LeaseRecord],
        _ db: Database
    ) throws -> (outcome: LeasesOutcome, owners: Set<String>) {
        let finalDays = try Row.fetchAll(
            db,
            sql: "SELECT * FROM usage_calendar WHERE final = 1 ORDER BY date"
        )
        .map(UsageRows.day)
        var changed: Set<LeaseIdentity> = []
        var owners: Set<String> = []
        var contradictions: [UsageContradiction] = []
        // Nothing of an owner may close in the middle: those who were unknown before are so for all of the list.
        var closedThrough: [String: CivilDate?] = [:]
        for record in leases {
            let owner = record.identity.owner
            if closedThrough[owner] == nil { closedThrough[owner] = try UsageRows.closedThrough(owner, db) }
            let known = try UsageRows.lease(record.identity, db)
            let revision = LeaseRevision.decide(
                record,
                known: known,
                finalDays: finalDays,
                closedThrough: closedThrough[owner] ?? nil
            )
            guard case .changed(let lease, let fresh) = revision else { continue }
            changed.insert(record.identity)
            contradictions += fresh
            try db.execute(sql: "INSERT OR IGNORE INTO usage_owners (owner) VALUES (?)", arguments: [owner])
            try UsageRows.write(lease, db)
            let heights = heightsTouched(by: [lease.record] + (known.map { [$0.record] } ?? []))
            if let stale = try dates(of: heights, db) {
                try UsageRows.makeStale(owner, stale, db)
                owners.insert(owner)
            }
        }
        return (LeasesOutcome(changed: changed.count, contradictions: contradictions), owners)
    }

    private static func heightsTouched(by records: [LeaseRecord]) -> Range<Int64> {
        let first = records.map(\.createdHeight).min() ?? 0
        let end = records.map { $0.endHeight ?? .max }.max() ?? 0
        return first..<max(first, end)
    }

    /// The days of the calendar that have one of these blocks.
    private static func dates(of heights: Range<Int64>, _ db: Database) throws -> ClosedRange<CivilDate>? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT min(date), max(date)
                FROM usage_calendar
                WHERE first_height < ? AND ifnull(last_height, last_height_yet) >= ?
                """
        )
        guard let row = try Row.fetchOne(statement, arguments: [heights.upperBound, heights.lowerBound]),
            let first: Int64 = row[0], let last: Int64 = row[1]
        else { return nil }
        return CivilDate(dayNumber: first)...CivilDate(dayNumber: last)
    }

    static func put(_ days: [CalendarDay], _ db: Database) throws -> CalendarOutcome {
        var changed: [CivilDate: CalendarDay] = [:]
        var contradicted: [CivilDate] = []
        for day in days {
            let known = try changed[day.date] ?? UsageRows.calendar(day.date...day.date, db).first
            switch CalendarRevision.decide(day, known: known) {
            case .unchanged: break
            case .contradicted: contradicted.append(day.date)
            case .changed(let revised): changed[day.date] = revised
            }
        }
        guard let first = changed.keys.min(), let last = changed.keys.max() else {
            try closeFinalDays(db)
            return .taken(changed: 0, contradicted: contradicted)
        }
        // The day before and the day after them have to fit as well.
        var standing = try UsageRows.calendar(first...last, db)
        for (side, order) in [("date < ?", "DESC"), ("date > ?", "ASC")] {
            let sql = "SELECT * FROM usage_calendar WHERE \(side) ORDER BY date \(order) LIMIT 1"
            let bound = order == "DESC" ? first : last
            standing += try Row.fetchAll(db, sql: sql, arguments: [bound.dayNumber]).map(UsageRows.day)
        }
        let together = standing.filter { changed[$0.date] == nil } + changed.values
        if let fault = CalendarDay.fault(in: together.sorted { $0.date < $1.date }) { return .refused(fault) }

        let before = Dictionary(uniqueKeysWithValues: standing.map { ($0.date, $0) })
        for (date, day) in changed {
            try UsageRows.write(day, db)
            // A price changes no totals, which are in tokens.
            guard before[date]?.heights != day.heights else { continue }
            let both = [day.heights] + (before[date].map { [$0.heights] } ?? [])
            let heights = (both.map(\.lowerBound).min() ?? 0)..<(both.map(\.upperBound).max() ?? 0)
            for owner in try owners(of: heights, db) { try UsageRows.makeStale(owner, date...date, db) }
        }
        try closeFinalDays(db)
        return .taken(changed: changed.count, contradicted: contradicted)
    }

    private static func owners(of heights: Range<Int64>, _ db: Database) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT DISTINCT owner
                FROM usage_leases
                WHERE (end_height IS NULL OR end_height > ?) AND created_height < ?
                """
        )
        return try String.fetchAll(statement, arguments: [heights.lowerBound, heights.upperBound])
    }

    private static func closeFinalDays(_ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE usage_owners
                SET closed_through = (SELECT max(date) FROM usage_calendar WHERE final = 1)
                WHERE closed_through IS NOT (SELECT max(date) FROM usage_calendar WHERE final = 1)
                """
        )
    }
}
