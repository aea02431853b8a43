import Billing
import Database
import Foundation
import GRDB
import Storage

/// Adds up the days whose totals do not follow from the leases yet.
extension SQLiteStore {
    func settleAll() async throws(StoreError) {
        let owners = try await read("reading owners") { db in
            try String.fetchAll(
                db,
                sql: "SELECT owner FROM usage_owners WHERE stale_from IS NOT NULL ORDER BY owner"
            )
        }
        for owner in owners { try await settle(owner) }
    }

    /// Adds up an owner's stale days.
    ///
    /// If a crash interrupts this, the next caller continues. The sums are computed on a reading connection;
    /// the writer, which deliveries wait for, only stores one month at a time.
    func settle(_ owner: String) async throws(StoreError) {
        while true {
            let step = try await read("adding up usage") { db in
                try Self.stale(owner, db).map { stale in
                    let totalling = try UsageTotalling(owner, stale.step, db)
                    return (stale: stale, groups: totalling.groups(by: UsageTotalling.kept))
                }
            }
            guard let step else { return }
            try await write("keeping usage") { db in try Self.keep(step.groups, of: step.stale, db) }
        }
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
                dates: CivilDate(dayNumber: row[0])...CivilDate(dayNumber: row[1]),
                revision: row[2]
            )
        }
    }

    private static func keep(
        _ groups: [UsageTotalling.Group],
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
        for grouping in UsageTotalling.kept {
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

extension UsageTotalling {
    init(_ owner: String, _ dates: ClosedRange<CivilDate>, _ db: Database) throws {
        let calendar = try SQLiteSession(db).rows(UsageQueries.calendar(dates))
        let leases = try Self.heights(of: calendar).map { try UsageRows.leases(of: owner, in: $0, db) }
        self.init(calendar: calendar, leases: leases ?? [])
    }
}
