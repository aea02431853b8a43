extension UsageReport {
    /// A line for each group of each day of a time zone, by rising date and group.
    ///
    /// - Parameters:
    ///   - owners: Each with its leases, and the days on which it is to be seen.
    ///   - days: Of the zone, by rising date.
    ///   - grouping: How to look at them.
    /// - Returns: The lines; for ``UsageGrouping/total`` one for each day, be it empty.
    package static func lines(
        _ owners: [(leases: [KnownLease], days: ClosedRange<CivilDate>)],
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

/// What the leases of a group did on one day of a zone, added up.
struct GroupSum {
    private var sum = UsageTotals()
    /// Of the leases that were added one by one, but for those of `sum`.
    private var deployments: Set<Int64> = []
    private(set) var spend = Spend.zero

    init() {}

    /// What the leases do that run through all of the day.
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

    /// Adds what one lease did in the parts of the day; what it holds counts once.
    ///
    /// - Parameters:
    ///   - lease: One with an edge on the day.
    ///   - parts: All of the day's.
    ///   - running: The group's leases that run through the day, among which the deployment may be.
    /// - Returns: Whether it did anything.
    mutating func add(
        _ lease: KnownLease,
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
        let deployment = lease.record.identity.dseq
        if !isFirst, running?.has(deployment: deployment) != true { deployments.insert(deployment) }
        return !isFirst
    }

    /// Adds another owner's: deployments are distinct within an owner.
    static func += (left: inout GroupSum, right: GroupSum) {
        left.sum += right.totals
        left.spend += right.spend
    }
}
