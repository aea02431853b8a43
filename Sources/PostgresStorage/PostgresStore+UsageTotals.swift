import Billing
import Database
import PostgresClient
package import Storage

/// Adds up the days whose totals do not follow from the leases yet.
///
/// If a crash interrupts this, the next caller continues. Several replicas may add up the same days; only one
/// of them stores the totals.
extension PostgresStore {
    /// The number of owners in one database transaction.
    private static let ownersAtATime = 16

    package func settleUsage(steps: Int) async throws(StoreError) -> Bool {
        var (left, last) = (steps, "")
        while left > 0 {
            let owners = try await run("reading owners") { [last] connection throws(PostgresFailure) in
                let next = UsageAggregationSQL.staleOwners(after: last, limit: Self.ownersAtATime)
                let rows = try connection.execute(next)
                return rows.map { rows.text($0, 0) }
            }
            guard let end = owners.last else { return false }
            while left > 0 {
                let month = try await settleMonth(of: owners)
                left -= month.steps
                // The rest is locked by another replica, which adds it up.
                guard month.kept > 0 else { break }
            }
            last = end
        }
        return true
    }

    /// Adds up the next month of each owner with stale days, and stores the totals.
    ///
    /// - Returns: The number of owners with stale days, and of those whose totals this call stored; another
    ///   replica may have stored the rest. The steps are those of ``UsageAggregator/steps``.
    @discardableResult
    func settleMonth(
        of owners: [String]
    ) async throws(StoreError) -> (stale: Int, kept: Int, steps: Int) {
        try await aggregate("aggregating usage") { connection throws(PostgresFailure) in
            // The revision is read before the facts, so that any later change of them has a higher revision.
            let stale = UsageAggregationSQL.stale(try connection.execute(UsageAggregationSQL.stale(owners)))
            guard !stale.isEmpty else { return (0, 0, 0) }
            let (totals, steps) = try Self.totals(of: stale, connection)
            return try connection.transaction(reading: [UsageAggregationSQL.marking(stale)]) {
                answers throws(PostgresFailure) in
                guard let rows = answers.first else { throw .unexpected }
                let marked = Set(rows.map { rows.text($0, 0) })
                let ours = totals.filter { marked.contains($0.stale.owner) }
                return (
                    (stale.count, ours.count, steps),
                    writing: ours.isEmpty ? [] : UsageAggregationSQL.keeping(ours)
                )
            }
        }
    }

    private static func totals(
        of stale: [StaleUsage],
        _ connection: PostgresConnection
    ) throws(PostgresFailure) -> (totals: [(stale: StaleUsage, groups: [UsageAggregator.Group])], steps: Int)
    {
        let first = stale.map(\.step.lowerBound).min() ?? CalendarDate(dayNumber: 0)
        let last = stale.map(\.step.upperBound).max() ?? first
        let calendar = try connection.rows(UsageQueries.calendar(first...last))
        let days = stale.map { stale in calendar.filter { stale.step.contains($0.date) } }
        let rows = try connection.rows(
            UsageAggregationSQL.leases(
                of: zip(stale, days).compactMap { stale, days in
                    UsageAggregator.heights(of: days).map { (stale.owner, $0) }
                }
            )
        )
        let owners = Dictionary(grouping: rows, by: \.owner)
        var totals: [(stale: StaleUsage, groups: [UsageAggregator.Group])] = []
        var steps = 0
        for (stale, days) in zip(stale, days) {
            let leases = owners[stale.owner] ?? []
            let totalling = UsageAggregator(calendar: days, leases: leases.map(\.lease))
            totals.append((stale, totalling.groups(by: UsageAggregator.kept)))
            steps += totalling.steps
        }
        return (totals, steps)
    }

    /// Adds up from the facts, without the stored totals.
    func addedUp(
        _ owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        try await aggregate("aggregating usage") { connection throws(PostgresFailure) in
            let totalling = try connection.transaction(.snapshot) { () throws(PostgresFailure) in
                let calendar = try connection.rows(UsageQueries.calendar(dates))
                var leases: [LeaseState] = []
                if let heights = UsageAggregator.heights(of: calendar) {
                    leases = try connection.rows(UsageAggregationSQL.leases(of: [(owner, heights)])).map(
                        \.lease
                    )
                }
                return UsageAggregator(calendar: calendar, leases: leases)
            }
            return totalling.groups(by: [grouping]).map(\.group)
        }
    }

    /// Runs a computation that may be slow on separate connections, so that other queries do not wait for it.
    private func aggregate<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(StoreError) -> Value {
        try await run(operation, on: adding, body)
    }
}
