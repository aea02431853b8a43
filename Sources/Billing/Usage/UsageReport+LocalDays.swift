extension UsageReport {
    /// The leases of an address.
    package struct Owner: Sendable {
        package let leases: [LeaseState]
        /// The days that count for the reader.
        let days: ClosedRange<CalendarDate>
        /// The values of the tag by which the leases are grouped, by dseq.
        package let tags: [Int64: String]

        package init(_ leases: [LeaseState], on days: ClosedRange<CalendarDate>, tags: [Int64: String] = [:])
        {
            self.leases = leases
            self.days = days
            self.tags = tags
        }
    }

    /// A line for each group of each day of a time zone, ascending by date and group.
    ///
    /// - Parameters:
    ///   - owners: The leases of each owner.
    ///   - days: The days of the time zone, ascending.
    ///   - grouping: How the leases are grouped.
    /// - Returns: The lines; for ``UsageGrouping/total`` one for each day, even without leases.
    package static func lines(
        _ owners: [Owner],
        on days: [LocalDay],
        by grouping: UsageGrouping
    ) -> [UsageLine] {
        var sums: [[String: (totals: UsageTotals, spend: Spend)]] = days.map { _ in
            grouping == .total ? ["": (UsageTotals(), .zero)] : [:]
        }
        for owner in owners {
            let parts = days.map { $0.limited(to: owner.days) }
            for (index, own) in LeaseSweep(owner.leases, on: parts, by: grouping, tags: owner.tags).sums() {
                for (group, sum) in own {
                    // Owners have no deployments in common.
                    var (totals, spend) = sums[index].removeValue(forKey: group) ?? (UsageTotals(), .zero)
                    totals += sum.totals
                    spend += sum.spend(in: parts[index].parts)
                    sums[index][group] = (totals, spend)
                }
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
                    isIndexed: day.isIndexed
                )
            }
        }
    }
}

/// The sum of a group's leases on one day of a time zone.
struct GroupSum {
    /// Without the amounts.
    private var resources: UsageTotals
    /// The amounts in each part of the day, which have prices of their own.
    private var amounts: [[Denomination: TokenAmount]]
    /// The numbers of the deployments that are not among those of the running leases.
    private var deployments: Set<Int> = []

    /// The sum of the leases that run through the whole day; `nil` if there is none.
    init(_ running: RunningLeases?, through parts: [LocalDay.Part]) {
        resources = running?.totals ?? UsageTotals()
        amounts = parts.map { running?.amounts(ofBlocks: Int64($0.heights.count)) ?? [:] }
    }

    var totals: UsageTotals {
        var totals = resources
        totals.deployments = totals.deployments.addingClamped(Int64(deployments.count))
        for amounts in amounts {
            if totals.amounts.isEmpty {
                totals.amounts = amounts
            } else {
                totals.amounts.merge(amounts, uniquingKeysWith: +)
            }
        }
        return totals
    }

    /// The cost, at the price of AKT in each of the day's parts.
    func spend(in parts: [LocalDay.Part]) -> Spend {
        zip(parts, amounts).reduce(.zero) { $0 + Spend($1.1, aktPrice: $1.0.day.aktPrice) }
    }

    /// Adds the usage of one lease in the parts of the day; its resources count only once.
    ///
    /// - Parameters:
    ///   - lease: A lease with an edge on the day.
    ///   - deployment: The number of its deployment.
    ///   - parts: All parts of the day.
    ///   - running: The group's leases that run through the day, which may include the same deployment.
    /// - Returns: Whether the lease has any usage on the day.
    mutating func add(
        _ lease: LeaseState,
        of deployment: Int,
        in parts: [LocalDay.Part],
        beside running: RunningLeases?
    ) -> Bool {
        var isUsed = false
        for (index, part) in parts.enumerated() {
            if lease.kept.isEmpty {
                let blocks = lease.record.addCost(of: part.heights, to: &amounts[index])
                isUsed = isUsed || blocks > 0
            } else if let usage = lease.usage(in: part) {
                amounts[index].merge(usage.amounts, uniquingKeysWith: +)
                isUsed = true
            }
        }
        guard isUsed else { return false }
        resources.add(lease.record)
        if running?.has(deployment: deployment) != true { deployments.insert(deployment) }
        return true
    }
}
