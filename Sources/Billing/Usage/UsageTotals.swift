/// The ways to group the usage of a day.
package enum UsageGrouping: Hashable, Sendable {
    case total
    case deployment
    case provider
    case gpuModel
    /// By the value that deployments have for a key.
    case tag(String)

    /// The groupings that depend on the leases alone.
    package static let ofLeases: [UsageGrouping] = [.total, .deployment, .provider, .gpuModel]

    package var name: String {
        switch self {
        case .total: "total"
        case .deployment: "deployment"
        case .provider: "provider"
        case .gpuModel: "gpu_model"
        case .tag: "tag"
        }
    }

    package var tagKey: String? { if case .tag(let key) = self { key } else { nil } }

    /// The group of a lease; empty for the total, and for leases without a GPU or the tag.
    ///
    /// - Parameters:
    ///   - lease: The lease.
    ///   - tags: The values of the tag by the dseq of the lease's owner; see ``DeploymentTags/values(of:in:)``.
    /// - Returns: The group.
    package func group(of lease: LeaseRecord, tags: [Int64: String] = [:]) -> String {
        switch self {
        case .total: ""
        case .deployment: lease.identity.deployment.text
        case .provider: lease.identity.provider
        case .gpuModel: lease.resources.gpuName ?? ""
        case .tag: tags[lease.identity.dseq] ?? ""
        }
    }
}

/// The sum of the usage of a group's leases on one day.
///
/// Totals are stored, so that a reader need not add up all leases each time.
package struct UsageTotals: Hashable, Sendable {
    package var leases: Int64 = 0
    /// The number of distinct deployments: a deployment with several leases counts once.
    package var deployments: Int64 = 0
    package var cpuMilli: Int64 = 0
    package var memoryBytes: Int64 = 0
    package var ephemeralBytes: Int64 = 0
    package var persistentBytes: Int64 = 0
    /// Units by model.
    package var gpus: [String: Int64] = [:]
    package var amounts: [Denomination: TokenAmount] = [:]

    package init() {}

    /// Counts the resources of a lease; the caller counts deployments and amounts.
    package mutating func add(_ lease: LeaseRecord) {
        let resources = lease.resources
        leases = leases.addingClamped(1)
        cpuMilli = cpuMilli.addingClamped(resources.cpuMilli)
        memoryBytes = memoryBytes.addingClamped(resources.memoryBytes)
        ephemeralBytes = ephemeralBytes.addingClamped(resources.ephemeralBytes)
        persistentBytes = persistentBytes.addingClamped(resources.persistentBytes)
        guard let name = resources.gpuName else { return }
        gpus[name] = (gpus[name] ?? 0).addingClamped(resources.gpuUnits)
    }

    package static func + (left: UsageTotals, right: UsageTotals) -> UsageTotals {
        var sum = left
        sum.leases = left.leases.addingClamped(right.leases)
        sum.deployments = left.deployments.addingClamped(right.deployments)
        sum.cpuMilli = left.cpuMilli.addingClamped(right.cpuMilli)
        sum.memoryBytes = left.memoryBytes.addingClamped(right.memoryBytes)
        sum.ephemeralBytes = left.ephemeralBytes.addingClamped(right.ephemeralBytes)
        sum.persistentBytes = left.persistentBytes.addingClamped(right.persistentBytes)
        sum.gpus.merge(right.gpus) { $0.addingClamped($1) }
        sum.amounts.merge(right.amounts, uniquingKeysWith: +)
        return sum
    }

    package static func += (left: inout UsageTotals, right: UsageTotals) { left = left + right }

    /// The totals of each group of one owner's leases on some of the chain's days.
    ///
    /// - Parameters:
    ///   - leases: The owner's leases; those without a block on any of the days count nothing.
    ///   - days: By ascending date.
    ///   - grouping: How the leases are grouped.
    ///   - tags: The values of the tag by which they are grouped, by dseq.
    /// - Returns: The days that have blocks, ascending; a group without a lease is missing.
    package static func groups(
        of leases: [LeaseState],
        on days: [CalendarDay],
        by grouping: UsageGrouping,
        tags: [Int64: String] = [:]
    ) -> [(date: CalendarDate, groups: [String: UsageTotals])] {
        let whole = days.map { day in
            let part = LocalDay.Part(day: day, heights: day.heights)
            return LocalDay(date: day.date, parts: part.heights.isEmpty ? [] : [part], isFinal: day.isFinal)
        }
        return LeaseSweep(leases, on: whole, by: grouping, tags: tags).sums().map { index, groups in
            (days[index].date, Dictionary(uniqueKeysWithValues: groups.map { ($0.group, $0.sum.totals) }))
        }
    }
}
