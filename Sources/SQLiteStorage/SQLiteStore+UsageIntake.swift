import Billing
import Database
import GRDB
import Storage

/// Stores leases and days together with the dates whose totals become stale, in one database transaction.
extension SQLiteStore {
    static func put(_ leases: [LeaseRecord], _ db: Database) throws -> LeasesOutcome {
        var standing = LeasePlan.Standing(
            leases: [:],
            closedThrough: [:],
            calendar: try SQLiteSession(db).rows(UsageQueries.calendar)
        )
        let identities = Set(leases.map(\.identity))
        for lease in try SQLiteSession(db).rows(UsageQueries.leases(named: identities)) {
            standing.leases[lease.record.identity] = lease
        }
        for owner in Set(leases.map(\.identity.owner)) {
            standing.closedThrough[owner] = try UsageRows.closedThrough(owner, db)
        }
        let plan = LeasePlan(leases, standing: standing)
        for owner in Set(plan.leases.map(\.record.identity.owner)) {
            try db.execute(sql: "INSERT OR IGNORE INTO usage_owners (owner) VALUES (?)", arguments: [owner])
        }
        for lease in plan.leases { try UsageRows.write(lease, db) }
        for (owner, dates) in plan.stale { try UsageRows.markDirty(owner, dates, db) }
        return plan.outcome
    }

    static func put(_ days: [CalendarDay], _ db: Database) throws -> CalendarOutcome {
        let plan = CalendarPlan(days, calendar: try SQLiteSession(db).rows(UsageQueries.calendar))
        guard plan.fault == nil else { return plan.outcome }
        for day in plan.days { try UsageRows.write(day, db) }
        if let heights = plan.touched {
            for span in try spans(of: heights, db) {
                guard let dates = plan.stale(created: span.created, end: span.end) else { continue }
                try UsageRows.markDirty(span.owner, dates, db)
            }
        }
        try db.execute(
            sql: "UPDATE usage_owners SET closed_through = :day WHERE closed_through IS NOT :day",
            arguments: ["day": plan.closedThrough?.dayNumber]
        )
        return plan.outcome
    }

    /// For each owner with leases in these blocks, the first and last block of those leases.
    private static func spans(
        of heights: Range<Int64>,
        _ db: Database
    ) throws -> [(owner: String, created: Int64, end: Int64?)] {
        let sql = """
            SELECT owner, min(created_height),
                CASE WHEN count(*) = count(end_height) THEN max(end_height) END
            FROM usage_leases
            WHERE (end_height IS NULL OR end_height > ?) AND created_height < ?
            GROUP BY owner
            """
        return try Row.fetchAll(db, sql: sql, arguments: [heights.lowerBound, heights.upperBound])
            .map { ($0[0], $0[1], $0[2]) }
    }
}
