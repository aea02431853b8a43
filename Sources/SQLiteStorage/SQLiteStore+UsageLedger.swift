package import Billing
import Foundation
import GRDB
package import Storage

extension SQLiteStore {
    package func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome {
        let (outcome, owners) = try await write("putting leases") { db in try Self.put(leases, db) }
        for owner in owners { try await settle(owner) }
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
        guard UsageTotalling.kept.contains(grouping) else {
            return try await read("adding up usage") { db in
                try UsageTotalling(owner, dates, db).groups(by: [grouping]).map(\.group)
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
            let groups = rows.compactMap { row in
                (try? UsageRows.totals(row["totals"])).map { totals in
                    UsageGroup(date: CivilDate(dayNumber: row["date"]), group: row["name"], totals: totals)
                }
            }
            // Totals that cannot be read are added up from the facts.
            guard groups.count < rows.count else { return groups }
            return try UsageTotalling(owner, dates, db).groups(by: [grouping]).map(\.group)
        }
    }

    package func leases(
        of owner: String,
        in heights: Range<Int64>
    ) async throws(StoreError) -> [KnownLease] {
        try await read("reading leases") { db in try UsageRows.leases(of: owner, in: heights, db) }
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

    package func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] {
        guard customer.account == nil else { return [] }
        return try await read("reading accounts") { db in try Self.accounts(of: customer.customer, db) }
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

    package func isMapped(_ address: String) async throws(StoreError) -> Bool {
        try await read("looking for an account") { db in
            let sql = "SELECT EXISTS (SELECT 1 FROM usage_accounts WHERE address = ?)"
            return try Bool.fetchOne(db, sql: sql, arguments: [address]) ?? false
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
