package import Billing

extension UsageTotals {
    /// The totals of each group of one owner's leases on a day, by their definition, lease by lease.
    ///
    /// A group without a lease is missing.
    package static func oneByOne(
        of leases: some Sequence<LeaseState>,
        on day: CalendarDay,
        by grouping: UsageGrouping,
        tags: [Int64: String] = [:]
    ) -> [String: UsageTotals] {
        var totals: [String: UsageTotals] = [:]
        var deployments: [String: Set<DeploymentIdentity>] = [:]
        for lease in leases {
            guard let usage = lease.usage(on: day) else { continue }
            let group = grouping.group(of: lease.record, tags: tags)
            var own = UsageTotals()
            own.add(lease.record)
            own.amounts = usage.amounts
            totals[group, default: UsageTotals()] += own
            deployments[group, default: []].insert(lease.record.identity.deployment)
        }
        for (group, distinct) in deployments { totals[group]?.deployments = Int64(distinct.count) }
        return totals
    }
}
