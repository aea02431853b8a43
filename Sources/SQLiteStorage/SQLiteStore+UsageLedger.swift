package import Billing
import Foundation
import GRDB
package import Storage

extension SQLiteStore {
    package func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome {
        try await write("storing leases") { db in try Self.put(leases, db) }
    }

    package func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome {
        try await write("storing days") { db in try Self.put(days, db) }
    }

    package func usage(
        of owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        guard UsageAggregator.kept.contains(grouping) else {
            return try await read("aggregating usage") { db in
                try UsageAggregator(owner, dates, db).groups(by: [grouping]).map(\.group)
            }
        }
        try await settle(owner)
        return try await read("reading usage") { db in
            let rows = try SQLiteSession(db).rows(UsageQueries.totals(of: owner, dates, by: grouping))
            let groups = rows.compactMap { $0 }
            // Totals that cannot be read are added up from the facts.
            guard groups.count < rows.count else { return groups }
            return try UsageAggregator(owner, dates, db).groups(by: [grouping]).map(\.group)
        }
    }

    package func leases(
        of owner: String,
        in heights: Range<Int64>
    ) async throws(StoreError) -> [LeaseState] {
        try await read("reading leases") { db in try UsageRows.leases(of: owner, in: heights, db) }
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

    package func addUpUsage() async throws(StoreError) -> (groups: Int, changed: Int) {
        let owners = try await read("reading owners") { db in
            try String.fetchAll(db, sql: "SELECT owner FROM usage_owners ORDER BY owner")
        }
        var (groups, changed) = (0, 0)
        for owner in owners {
            let before = try await keptTotals(of: owner)
            try await write("aggregating usage") { db in
                let sql = "SELECT min(date), max(date) FROM usage_calendar"
                guard let row = try Row.fetchOne(db, sql: sql), let first: Int64 = row[0],
                    let last: Int64 = row[1]
                else { return }
                try UsageRows.markDirty(
                    owner,
                    CalendarDate(dayNumber: first)...CalendarDate(dayNumber: last),
                    db
                )
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
