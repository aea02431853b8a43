import Billing
import Foundation
import GRDB
import Storage

/// Adds up the days that do not follow from the leases yet.
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

    private struct Step: Sendable {
        let from: Int64
        let through: Int64
        let revision: Int64
        let isLast: Bool
        let groups: [UsageTotalling.Group]
    }

    /// Adds up the days of an owner that do not follow from its leases yet.
    ///
    /// What a crash leaves undone is done here by whoever looks next. The work is a reader's; the writer, which
    /// deliveries wait for, only puts a month of it in place at a time.
    func settle(_ owner: String) async throws(StoreError) {
        while true {
            let step = try await read("adding up usage") { db in try Self.nextStep(owner, db) }
            guard let step else { return }
            try await write("keeping usage") { db in try Self.keep(step, of: owner, db) }
        }
    }

    private static func nextStep(_ owner: String, _ db: Database) throws -> Step? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT stale_from, stale_through, stale_revision
                FROM usage_owners
                WHERE owner = ? AND stale_from IS NOT NULL
                """
        )
        guard let row = try Row.fetchOne(statement, arguments: [owner]) else { return nil }
        let (from, end) = (row["stale_from"] as Int64, row["stale_through"] as Int64)
        let through = min(end, from + 30)
        let dates = CivilDate(dayNumber: from)...CivilDate(dayNumber: through)
        return Step(
            from: from,
            through: through,
            revision: row["stale_revision"],
            isLast: through == end,
            groups: try UsageTotalling(owner, dates, db).groups(by: [.total, .provider, .gpuModel])
        )
    }

    private static func keep(_ step: Step, of owner: String, _ db: Database) throws {
        // Had more become stale since, or somebody else added it up, this would be of yesterday.
        try db.cachedStatement(
            sql: """
                UPDATE usage_owners
                SET stale_from = ?, stale_through = CASE WHEN ? THEN NULL ELSE stale_through END
                WHERE owner = ? AND stale_revision = ? AND stale_from = ?
                """
        ).execute(
            arguments: [step.isLast ? nil : step.through + 1, step.isLast, owner, step.revision, step.from]
        )
        guard db.changesCount == 1 else { return }
        for grouping in UsageGrouping.allCases where grouping != .deployment {
            let sql = "DELETE FROM usage_totals WHERE owner = ? AND grouping = ? AND date BETWEEN ? AND ?"
            try db.cachedStatement(sql: sql)
                .execute(arguments: [owner, grouping.rawValue, step.from, step.through])
        }
        let insertion = try db.cachedStatement(
            sql: "INSERT INTO usage_totals (owner, grouping, date, name, totals) VALUES (?, ?, ?, ?, ?)"
        )
        for (grouping, group) in step.groups {
            try insertion.execute(arguments: [
                owner, grouping.rawValue, group.date.dayNumber, group.group,
                Data(UsageCoding.encode(group.totals)),
            ])
        }
    }
}

/// Adds up what the leases of an owner did on some days.
struct UsageTotalling {
    typealias Group = (grouping: UsageGrouping, group: UsageGroup)

    private let calendar: [CalendarDay]
    private let leases: [KnownLease]

    init(_ owner: String, _ dates: ClosedRange<CivilDate>, _ db: Database) throws {
        calendar = try UsageRows.calendar(dates, db)
        if let first = calendar.first, let last = calendar.last {
            leases = try UsageRows.leases(
                of: owner,
                in: first.heights.lowerBound..<last.heights.upperBound,
                db
            )
        } else {
            leases = []
        }
    }

    func groups(by groupings: [UsageGrouping]) -> [Group] {
        var groups: [Group] = []
        for day in calendar {
            for grouping in groupings {
                let totals = UsageTotals.groups(of: leases, on: day, by: grouping)
                for (name, totals) in totals.sorted(by: { $0.key < $1.key }) {
                    groups.append((grouping, UsageGroup(date: day.date, group: name, totals: totals)))
                }
            }
        }
        return groups
    }
}
