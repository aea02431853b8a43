package import Billing
import Foundation
import GRDB
package import Storage

extension SQLiteStore: UsageLedger {
    package func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome {
        let (outcome, owners) = try await write("putting leases") { db in try Self.put(leases, db) }
        for owner in owners.sorted() { try await settle(owner) }
        return outcome
    }

    package func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome {
        let outcome = try await write("putting days") { db in try Self.put(days, db) }
        try await settleAll()
        return outcome
    }

    package func calendar(_ dates: ClosedRange<CivilDate>) async throws(StoreError) -> [CalendarDay] {
        try await read("reading the calendar") { db in try UsageRows.calendar(dates, db) }
    }

    package func newestDay() async throws(StoreError) -> CalendarDay? {
        try await read("reading the calendar") { db in
            let sql = "SELECT * FROM usage_calendar ORDER BY date DESC LIMIT 1"
            return try Row.fetchOne(db, sql: sql).map(UsageRows.day)
        }
    }

    package func usage(
        of owner: String,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        // Nobody keeps a row for each deployment and day; there are as many of them as the answer has lines.
        if grouping == .deployment {
            return try await read("adding up usage") { db in
                try UsageTotalling(owner, dates, db).groups(by: [.deployment]).map(\.group)
            }
        }
        try await settle(owner)
        return try await read("reading usage") { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT date, name, totals
                    FROM usage_totals
                    WHERE owner = ? AND grouping = ? AND date BETWEEN ? AND ?
                    ORDER BY date, name
                    """
            )
            let rows = try Row.fetchAll(
                statement,
                arguments: [
                    owner, grouping.rawValue, dates.lowerBound.dayNumber, dates.upperBound.dayNumber,
                ]
            )
            return try rows.map { row in
                UsageGroup(
                    date: CivilDate(dayNumber: row["date"]),
                    group: row["name"],
                    totals: try UsageRows.totals(row["totals"])
                )
            }
        }
    }

    package func openLeases(of owner: String) async throws(StoreError) -> [LeaseRecord] {
        try await read("reading leases") { db in
            let sql =
                "SELECT record, kept FROM usage_leases WHERE owner = ? AND end_height IS NULL ORDER BY identity"
            return try Row.fetchAll(db, sql: sql, arguments: [owner]).map { try UsageRows.lease($0).record }
        }
    }

    package func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        try await read("reading names of providers") { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT provider_name
                    FROM usage_leases
                    WHERE provider = ? AND provider_name IS NOT NULL
                    ORDER BY sequence DESC
                    LIMIT 1
                    """
            )
            var names: [String: String] = [:]
            for provider in providers {
                names[provider] = try String.fetchOne(statement, arguments: [provider])
            }
            return names
        }
    }

    package func setAccounts(
        _ accounts: [AccountPeriod],
        of customer: String
    ) async throws(StoreError) -> Bool {
        try await write("setting accounts") { db in
            guard try Set(Self.accounts(of: customer, db)) != Set(accounts) else { return false }
            try db.execute(sql: "DELETE FROM usage_accounts WHERE customer = ?", arguments: [customer])
            for account in Set(accounts) {
                try db.execute(
                    sql: """
                        INSERT INTO usage_accounts (customer, address, valid_from, valid_through)
                        VALUES (?, ?, ?, ?)
                        """,
                    arguments: [
                        customer, account.address, account.from?.dayNumber, account.through?.dayNumber,
                    ]
                )
            }
            return true
        }
    }

    package func accounts(of customer: String) async throws(StoreError) -> [AccountPeriod] {
        try await read("reading accounts") { db in try Self.accounts(of: customer, db) }
    }

    private static func accounts(of customer: String, _ db: Database) throws -> [AccountPeriod] {
        let sql = """
            SELECT address, valid_from, valid_through
            FROM usage_accounts
            WHERE customer = ?
            ORDER BY address, valid_from
            """
        return try Row.fetchAll(db, sql: sql, arguments: [customer]).map { row in
            AccountPeriod(
                address: row["address"],
                from: (row["valid_from"] as Int64?).map(CivilDate.init(dayNumber:)),
                through: (row["valid_through"] as Int64?).map(CivilDate.init(dayNumber:))
            )
        }
    }

    /// Whether there is anything of usage or credits.
    package func keepsUsage() async throws(StoreError) -> Bool {
        try await read("looking for usage") { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM usage_leases) OR EXISTS (SELECT 1 FROM usage_calendar)
                        OR EXISTS (SELECT 1 FROM usage_accounts) OR EXISTS (SELECT 1 FROM credits)
                    """
            ) ?? false
        }
    }

    package func addUpUsage() async throws(StoreError) -> (groups: Int, changed: Int) {
        let owners = try await read("reading owners") { db in
            try String.fetchAll(db, sql: "SELECT owner FROM usage_owners ORDER BY owner")
        }
        var (groups, changed) = (0, 0)
        for owner in owners {
            let before = try await keptTotals(of: owner)
            try await write("adding up usage") { db in
                let sql = "SELECT min(date), max(date) FROM usage_calendar"
                guard let row = try Row.fetchOne(db, sql: sql), let first: Int64 = row[0],
                    let last: Int64 = row[1]
                else { return }
                try UsageRows.makeStale(owner, CivilDate(dayNumber: first)...CivilDate(dayNumber: last), db)
            }
            try await settle(owner)
            let after = try await keptTotals(of: owner)
            groups += after.count
            changed += Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.count
        }
        return (groups, changed)
    }

    private func keptTotals(of owner: String) async throws(StoreError) -> [[String]: Data] {
        try await read("reading usage") { db in
            let sql = "SELECT grouping, date, name, totals FROM usage_totals WHERE owner = ?"
            var totals: [[String]: Data] = [:]
            for row in try Row.fetchAll(db, sql: sql, arguments: [owner]) {
                totals[[row[0], String(row[1] as Int64), row[2]]] = row[3] as Data
            }
            return totals
        }
    }
}

// MARK: - Taking in

extension SQLiteStore {
    private static func put(
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

    private static func put(_ days: [CalendarDay], _ db: Database) throws -> CalendarOutcome {
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

// MARK: - Adding up

extension SQLiteStore {
    private func settleAll() async throws(StoreError) {
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
    private func settle(_ owner: String) async throws(StoreError) {
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
private struct UsageTotalling {
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
