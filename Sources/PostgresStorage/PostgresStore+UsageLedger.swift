package import Billing
import Database
import PostgresClient
package import Storage

extension PostgresStore {
    package func usage(
        of owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        guard UsageAggregator.kept.contains(grouping) else {
            return try await addedUp(owner, dates, by: grouping)
        }
        let totals = UsageQueries.totals(of: owner, dates, by: grouping)
        var patience: Int?
        while true {
            let kept = try await run("reading usage") { connection throws(PostgresFailure) in
                let answers = try connection.snapshot([
                    UsageAggregationSQL.stale([owner]), Command(totals.statement),
                ])
                guard answers.count == 2 else { throw .unexpected }
                let stale = UsageAggregationSQL.stale(answers[0]).first { $0.dates.overlaps(dates) }
                return (stale: stale, groups: stale == nil ? try answers[1].decoded(totals) : [])
            }
            guard let stale = kept.stale else {
                let groups = kept.groups.compactMap { $0 }
                if groups.count == kept.groups.count { return groups }
                return try await addedUp(owner, dates, by: grouping)
            }
            // If other replicas make days stale as fast as they are added up, the caller stops waiting and
            // gets a sum of the facts.
            let left = patience ?? stale.steps + 2
            guard left > 0 else { return try await addedUp(owner, dates, by: grouping) }
            patience = left - 1
            try await settleMonth(of: [owner])
        }
    }

    package func leases(
        of owner: String,
        in heights: Range<Int64>
    ) async throws(StoreError) -> [LeaseState] {
        try await run("reading leases", on: adding) { connection throws(PostgresFailure) in
            try connection.rows(UsageAggregationSQL.leases(of: [(owner, heights)])).map(\.lease)
        }
    }

    package func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        try await run("reading names of providers") { connection throws(PostgresFailure) in
            let rows = try connection.execute(UsageReadSQL.names(ofProviders: providers))
            return (0..<rows.count).reduce(into: [:]) { $0[rows.text($1, 0)] = rows.text($1, 1) }
        }
    }

    // MARK: Rebuilding

    package func addUpUsage() async throws(StoreError) -> (groups: Int, changed: Int) {
        let (owners, dates) = try await run("reading owners") { connection throws(PostgresFailure) in
            let rows = try connection.execute(Command("SELECT owner FROM usage_owners ORDER BY owner"))
            let dates = try connection.rows(UsageQueries.calendar).map(\.date)
            return (rows.map { rows.text($0, 0) }, dates)
        }
        var (groups, changed) = (0, 0)
        for owner in owners {
            let before = try await keptTotals(of: owner)
            if let first = dates.first, let last = dates.last {
                try await run("aggregating usage") { connection throws(PostgresFailure) in
                    _ = try connection.execute(UsageWriteSQL.makingStale([owner: first...last]))
                }
            }
            while try await settleMonth(of: [owner]).stale > 0 {}
            let after = try await keptTotals(of: owner)
            groups += after.count
            changed += Set(before.keys).union(after.keys).count { before[$0] != after[$0] }
        }
        return (groups, changed)
    }

    private func keptTotals(of owner: String) async throws(StoreError) -> [[String]: [UInt8]] {
        try await run("reading usage") { connection throws(PostgresFailure) in
            let rows = try connection.execute(UsageReadSQL.allTotals(of: owner))
            return (0..<rows.count).reduce(into: [:]) { totals, row in
                let key = [rows.text(row, 0), String(rows.int(row, 1)), rows.text(row, 2)]
                totals[key] = rows.bytes(row, 3)
            }
        }
    }
}
