extension UsageReport {
    /// A line for each group of each day of a time zone, ascending by date and group.
    ///
    /// - Parameters:
    ///   - owners: The leases of each owner, and the days that count for the owner.
    ///   - days: The days of the time zone, ascending.
    ///   - grouping: How the leases are grouped.
    /// - Returns: The lines; for ``UsageGrouping/total`` one for each day, even without leases.
    package static func lines(
        _ owners: [(leases: [LeaseState], days: ClosedRange<CalendarDate>)],
        on days: [LocalDay],
        by grouping: UsageGrouping
    ) -> [UsageLine] {
        var sums: [[String: GroupSum]] = days.map { _ in grouping == .total ? ["": GroupSum()] : [:] }
        for owner in owners {
            let sweep = LeaseSweep(owner.leases, on: days.map { $0.limited(to: owner.days) }, by: grouping)
            for (index, own) in sweep.sums() {
                for (group, sum) in own { sums[index][group, default: GroupSum()] += sum }
            }
        }
        return zip(days, sums).flatMap { day, sums in
            sums.sorted { $0.key < $1.key }.map { group, sum in
                UsageLine(
                    date: day.date,
                    group: group,
                    totals: sum.totals,
                    spend: sum.spend,
                    isComplete: day.isFinal && sum.spend.total != nil,
                    isIndexed: !day.parts.isEmpty
                )
            }
        }
    }
}

/// The sum of a group's leases on one day of a time zone.
struct GroupSum {
    private var sum = UsageTotals()
    /// The deployments of leases that were added one by one, except those already counted in `sum`.
    private var deployments: Set<DeploymentIdentity> = []
    private(set) var spend = Spend.zero

    init() {}

    /// The sum of the leases that run through the whole day.
    init(_ running: RunningLeases, through parts: [LocalDay.Part]) {
        sum = running.totals
        for part in parts {
            let amounts = running.amounts(ofBlocks: Int64(part.heights.count))
            sum.amounts.merge(amounts, uniquingKeysWith: +)
            spend += Spend(amounts, aktPrice: part.day.aktPrice)
        }
    }

    var totals: UsageTotals {
        var totals = sum
        totals.deployments = totals.deployments.addingClamped(Int64(deployments.count))
        return totals
    }

    /// Adds the usage of one lease in the parts of the day; its resources count only once.
    ///
    /// - Parameters:
    ///   - lease: A lease with an edge on the day.
    ///   - parts: All parts of the day.
    ///   - running: The group's leases that run through the day, which may include the same deployment.
    /// - Returns: Whether the lease has any usage on the day.
    mutating func add(
        _ lease: LeaseState,
        in parts: [LocalDay.Part],
        beside running: RunningLeases?
    ) -> Bool {
        var isFirst = true
        for part in parts {
            guard let usage = lease.usage(in: part) else { continue }
            if isFirst {
                sum += UsageTotals(usage, of: lease.record)
            } else {
                sum.amounts.merge(usage.amounts, uniquingKeysWith: +)
            }
            spend += Spend(usage.amounts, aktPrice: part.day.aktPrice)
            isFirst = false
        }
        let deployment = lease.record.identity.deployment
        if !isFirst, running?.has(deployment: deployment) != true { deployments.insert(deployment) }
        return !isFirst
    }

    /// Adds the sum of another owner; owners have no deployments in common.
    static func += (left: inout GroupSum, right: GroupSum) {
        left.sum += right.totals
        left.spend += right.spend
    }
}
