import Billing
import Database
import Foundation
import GRDB
package import Storage

/// Adds up the days whose totals do not follow from the leases yet.
extension SQLiteStore {
    package func settleUsage(steps: Int) async throws(StoreError) -> Bool {
        let owners = try await read("reading owners") { db in
            try String.fetchAll(
                db,
                sql: "SELECT owner FROM usage_owners WHERE stale_from IS NOT NULL ORDER BY owner LIMIT ?",
                arguments: [steps]
            )
        }
        var left = steps
        for owner in owners where left > 0 { left -= try await settle(owner, steps: left) }
        return left <= 0
    }

    /// Adds up an owner's stale days.
    ///
    /// If a crash interrupts this, the next caller continues. The sums are computed on a reading connection;
    /// the writer, which deliveries wait for, only stores one month at a time.
    ///
    /// - Parameters:
    ///   - owner: The owner.
    ///   - steps: The maximum number of steps; the last one may exceed it.
    /// - Returns: The number of steps.
    /// - Throws: ``StoreError``.
    @discardableResult
    func settle(_ owner: String, steps: Int = .max) async throws(StoreError) -> Int {
        var done = 0
        while done < steps {
            let step = try await read("aggregating usage") { db in
                try Self.stale(owner, db).map { stale in
                    let totalling = try UsageAggregator(owner, stale.step, db)
                    let groups = totalling.groups(by: UsageAggregator.kept)
                    return (stale: stale, groups: groups, steps: totalling.steps)
                }
            }
            guard let step else { break }
            try await write("storing usage totals") { db in try Self.keep(step.groups, of: step.stale, db) }
            done += step.steps
        }
        return done
    }

    private static func stale(_ owner: String, _ db: Database) throws -> StaleUsage? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT stale_from, stale_through, stale_revision
                FROM usage_owners
                WHERE owner = ? AND stale_from IS NOT NULL
                """
        )
        return try Row.fetchOne(statement, arguments: [owner]).map { row in
            StaleUsage(
                owner: owner,
                dates: CalendarDate(dayNumber: row[0])...CalendarDate(dayNumber: row[1]),
                revision: row[2]
            )
        }
    }

    private static func keep(
        _ groups: [UsageAggregator.Group],
        of stale: StaleUsage,
        _ db: Database
    ) throws {
        let (owner, step) = (stale.owner, stale.step)
        // Stores no total if the revision changed or another call has stored the totals since: these are
        // outdated.
        try db.cachedStatement(
            sql: """
                UPDATE usage_owners
                SET stale_from = ?, stale_through = ?
                WHERE owner = ? AND stale_revision = ? AND stale_from = ?
                """
        ).execute(
            arguments: [
                stale.rest?.lowerBound.dayNumber, stale.rest?.upperBound.dayNumber, owner, stale.revision,
                step.lowerBound.dayNumber,
            ]
        )
        guard db.changesCount == 1 else { return }
        for grouping in UsageAggregator.kept {
            let sql = "DELETE FROM usage_totals WHERE owner = ? AND grouping = ? AND date BETWEEN ? AND ?"
            try db.cachedStatement(sql: sql).execute(
                arguments: [
                    owner, grouping.rawValue, step.lowerBound.dayNumber, step.upperBound.dayNumber,
                ]
            )
        }
        let insertion = try db.cachedStatement(
            sql: "INSERT INTO usage_totals (owner, grouping, date, name, totals) VALUES (?, ?, ?, ?, ?)"
        )
        for (grouping, group) in groups {
            try insertion.execute(arguments: [
                owner, grouping.rawValue, group.date.dayNumber, group.group,
                Data(UsageCoding.encode(group.totals)),
            ])
        }
    }
}

extension UsageAggregator {
    init(_ owner: String, _ dates: ClosedRange<CalendarDate>, _ db: Database) throws {
        let calendar = try SQLiteSession(db).rows(UsageQueries.calendar(dates))
        let leases = try Self.heights(of: calendar).map { try UsageRows.leases(of: owner, in: $0, db) }
        self.init(calendar: calendar, leases: leases ?? [])
    }
}
