import Billing
import Database
import PostgresClient
import Storage

/// Adds up the days whose totals do not follow from the leases yet.
///
/// If a crash interrupts this, the next caller continues. Several replicas may add up the same days; only one
/// of them stores the totals.
extension PostgresStore {
    /// The number of owners in one database transaction.
    private static let ownersAtATime = 16

    /// Adds up the stale days of some owners, except those that another replica has locked.
    ///
    /// Errors are ignored: the facts are stored, and the next reader of the totals adds them up.
    func settle(_ owners: [String]) async {
        for start in stride(from: 0, to: owners.count, by: Self.ownersAtATime) {
            let some = Array(owners[start..<min(owners.count, start + Self.ownersAtATime)])
            while let month = try? await settleMonth(of: some), month.kept > 0 {}
        }
    }

    func settleAll() async {
        var last = ""
        while true {
            let owners = try? await run("reading owners") { [last] connection throws(PostgresFailure) in
                let next = UsageAdding.staleOwners(after: last, limit: Self.ownersAtATime)
                let rows = try connection.execute(next)
                return rows.map { rows.text($0, 0) }
            }
            guard let owners, let end = owners.last else { return }
            await settle(owners)
            last = end
        }
    }

    /// Adds up the next month of each owner with stale days, and stores the totals.
    ///
    /// - Returns: The number of owners with stale days, and of those whose totals this call stored. Another
    ///   replica may have stored the rest.
    @discardableResult
    func settleMonth(of owners: [String]) async throws(StoreError) -> (stale: Int, kept: Int) {
        try await addUp("adding up usage") { connection throws(PostgresFailure) in
            // The revision is read before the facts, so that any later change of them has a higher revision.
            let stale = UsageAdding.stale(try connection.execute(UsageAdding.stale(owners)))
            guard !stale.isEmpty else { return (0, 0) }
            let totals = try Self.totals(of: stale, connection)
            return try connection.transaction(reading: [UsageAdding.marking(stale)]) {
                answers throws(PostgresFailure) in
                guard let rows = answers.first else { throw .unexpected }
                let marked = Set(rows.map { rows.text($0, 0) })
                let ours = totals.filter { marked.contains($0.stale.owner) }
                return ((stale.count, ours.count), writing: ours.isEmpty ? [] : UsageAdding.keeping(ours))
            }
        }
    }

    private static func totals(
        of stale: [StaleUsage],
        _ connection: PostgresConnection
    ) throws(PostgresFailure) -> [(stale: StaleUsage, groups: [UsageTotalling.Group])] {
        let first = stale.map(\.step.lowerBound).min() ?? CivilDate(dayNumber: 0)
        let last = stale.map(\.step.upperBound).max() ?? first
        let calendar = try connection.rows(UsageQueries.calendar(first...last))
        let days = stale.map { stale in calendar.filter { stale.step.contains($0.date) } }
        let rows = try connection.rows(
            UsageAdding.leases(
                of: zip(stale, days).compactMap { stale, days in
                    UsageTotalling.heights(of: days).map { (stale.owner, $0) }
                }
            )
        )
        let owners = Dictionary(grouping: rows, by: \.owner)
        var totals: [(stale: StaleUsage, groups: [UsageTotalling.Group])] = []
        for (stale, days) in zip(stale, days) {
            let leases = owners[stale.owner] ?? []
            let totalling = UsageTotalling(calendar: days, leases: leases.map(\.lease))
            totals.append((stale, totalling.groups(by: UsageTotalling.kept)))
        }
        return totals
    }

    /// Adds up from the facts, without the stored totals.
    func addedUp(
        _ owner: String,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        try await addUp("adding up usage") { connection throws(PostgresFailure) in
            let totalling = try connection.transaction(.snapshot) { () throws(PostgresFailure) in
                let calendar = try connection.rows(UsageQueries.calendar(dates))
                var leases: [KnownLease] = []
                if let heights = UsageTotalling.heights(of: calendar) {
                    leases = try connection.rows(UsageAdding.leases(of: [(owner, heights)])).map(\.lease)
                }
                return UsageTotalling(calendar: calendar, leases: leases)
            }
            return totalling.groups(by: [grouping]).map(\.group)
        }
    }

    /// Runs a computation that may be slow on separate connections, so that other queries do not wait for it.
    private func addUp<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(StoreError) -> Value {
        try await run(operation, on: adding, body)
    }
}
