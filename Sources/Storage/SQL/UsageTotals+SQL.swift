package import Billing
import Database

/// Adds up the days whose totals do not follow from the leases yet.
///
/// If a crash interrupts this, the next caller continues. If several replicas add up the same days, one replica
/// stores the totals.
extension SQLStore {
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
            let (stale, kept) = try await query("reading usage") { session in
                try session.rows(UsageQueries.stale([owner]), totals)
            }
            guard let stale = stale.first(where: { $0.dates.overlaps(dates) }) else {
                let groups = kept.compactMap { $0 }
                // Totals that cannot be read are added up from the facts.
                guard groups.count == kept.count else { break }
                return groups
            }
            // If other writers make days stale as fast as they are added up, the caller stops waiting, and gets
            // totals that are added up from leases and calendar.
            let left = patience ?? stale.steps + 2
            guard left > 0 else { break }
            patience = left - 1
            try await settleMonth(of: [owner])
        }
        return try await addedUp(owner, dates, by: grouping)
    }

    /// Adds up from the facts, without the stored totals.
    private func addedUp(
        _ owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        try await readUsage("aggregating usage") { session in
            let calendar = try session.rows(UsageQueries.calendar(dates))
            let leases = try UsageAggregator.heights(of: calendar)
                .map { try session.rows(UsageQueries.leases(of: owner, in: $0)) }
            let tags = try grouping.tagKey.map { key in
                DeploymentTags.values(of: key, in: try session.rows(TagQueries.tags(of: [owner])))
            }
            return UsageAggregator(calendar: calendar, leases: leases ?? [], tags: tags ?? [:])
        }
        .groups(by: [grouping]).map(\.group)
    }

    package func settleUsage(steps: Int) async throws(StoreError) -> Bool {
        var (left, last) = (steps, "")
        while left > 0 {
            let owners = try await query("reading owners") { [last] session in
                try session.rows(UsageQueries.staleOwners(after: last, limit: ownersAtATime))
            }
            guard let end = owners.last else { return false }
            while left > 0 {
                let month = try await settleMonth(of: owners)
                left -= month.steps
                // The rest is being added up by another replica.
                guard month.kept > 0 else { break }
            }
            last = end
        }
        return true
    }

    /// Adds up the next month of each owner with stale days, and stores the totals.
    ///
    /// The sums are computed while reading; the writer, which deliveries may wait for, only stores them.
    ///
    /// - Parameter owners: The owners, ascending.
    /// - Returns: The number of owners whose totals this call stored; another replica may have stored the rest.
    ///   The steps are those of ``UsageAggregator/steps``.
    /// - Throws: ``StoreError``
    @discardableResult
    private func settleMonth(of owners: [String]) async throws(StoreError) -> (kept: Int, steps: Int) {
        let months = try await readUsage("aggregating usage") { try UsageMonth.stale(of: owners, $0) }
        guard !months.isEmpty else { return (0, 0) }
        let kept = try await transaction("storing usage totals", under: nil, repeats: true) { session in
            let marking = months.map { $0.marking(session.dialect) }
            let marked = try session.run(marking) { _, _ in }
            let ours = zip(months, marked).filter { $0.1 == 1 }.map(\.0)
            try session.runLater(ours.flatMap(\.replacing))
            return ours.count
        }
        return (kept, months.reduce(0) { $0 &+ $1.steps })
    }
}

/// The totals of a month of an owner, from leases and calendar.
private struct UsageMonth: Sendable {
    let stale: StaleUsage
    let groups: [UsageAggregator.Group]
    let steps: Int

    /// Adds up the next month of each owner with stale days.
    static func stale(of owners: [String], _ session: any Session) throws -> [UsageMonth] {
        // The revision is read before the facts, so that any later change of them has a higher revision.
        let stale = try session.rows(UsageQueries.stale(owners))
        guard let first = stale.map(\.step.lowerBound).min(), let last = stale.map(\.step.upperBound).max()
        else { return [] }
        let calendar = try session.rows(UsageQueries.calendar(first...last))
        let days = stale.map { stale in calendar.filter { stale.step.contains($0.date) } }
        let leases = try session.rows(
            ofEach: zip(stale, days).map { stale, days in
                UsageQueries.leases(of: stale.owner, in: UsageAggregator.heights(of: days) ?? 0..<0)
            }
        )
        return stale.indices.map { index in
            let aggregator = UsageAggregator(calendar: days[index], leases: leases[index])
            return UsageMonth(
                stale: stale[index],
                groups: aggregator.groups(by: UsageAggregator.kept),
                steps: aggregator.steps
            )
        }
    }

    /// Marks the days as added up.
    ///
    /// Changes no row if the revision changed or another replica has added up the days since: these totals are
    /// outdated then. Nor if another transaction has locked the owner's row, which is about to do one of the two.
    func marking(_ dialect: Dialect) -> SQLStatement {
        SQLStatement(
            """
            UPDATE usage_owners
            SET stale_from = $4, stale_through = $5
            WHERE owner = (
                SELECT owner
                FROM usage_owners
                WHERE owner = $1 AND stale_revision = $2 AND stale_from = $3
                \(dialect.skippingLockedRows))
            """,
            [
                .text(stale.owner), .int(stale.revision), .int(stale.dates.lowerBound.dayNumber),
                .int(orNull: stale.rest?.lowerBound.dayNumber),
                .int(orNull: stale.rest?.upperBound.dayNumber),
            ]
        )
    }

    /// Replaces the stored totals of these days.
    var replacing: [SQLStatement] {
        let owner = SQLValue.text(stale.owner)
        let removals = UsageAggregator.kept.map { grouping in
            SQLStatement(
                "DELETE FROM usage_totals WHERE owner = $1 AND grouping = $2 AND date BETWEEN $3 AND $4",
                [
                    owner, .text(grouping.name), .int(stale.step.lowerBound.dayNumber),
                    .int(stale.step.upperBound.dayNumber),
                ]
            )
        }
        let insertions = groups.map { grouping, group in
            SQLStatement(
                "INSERT INTO usage_totals (owner, grouping, date, name, totals) VALUES ($1, $2, $3, $4, $5)",
                [
                    owner, .text(grouping.name), .int(group.date.dayNumber), .text(group.group),
                    .bytes(UsageCoding.encode(group.totals)),
                ]
            )
        }
        return removals + insertions
    }
}
