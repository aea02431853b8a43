/// How the usage of a day can be looked at.
package enum UsageGrouping: String, Sendable, CaseIterable {
    case total
    case deployment
    case provider
    case gpuModel = "gpu_model"

    /// Which group a lease belongs to; empty for the whole, and for leases without a GPU.
    package func group(of lease: LeaseRecord) -> String {
        switch self {
        case .total: ""
        case .deployment: String(lease.identity.dseq)
        case .provider: lease.identity.provider
        case .gpuModel: lease.resources.gpuName ?? ""
        }
    }
}

/// Names the totals of one group of one owner's leases on one day.
package struct UsageTotalsKey: Hashable, Sendable {
    package let owner: String
    package let date: CivilDate
    package let grouping: UsageGrouping
    package let group: String

    package init(owner: String, date: CivilDate, grouping: UsageGrouping, group: String) {
        self.owner = owner
        self.date = date
        self.grouping = grouping
        self.group = group
    }
}

/// What the leases of a group did on one day, added up.
///
/// Kept, so that nobody has to add up all leases at each look.
package struct UsageTotals: Hashable, Sendable {
    package var leases: Int64 = 0
    /// Distinct deployments: one with several leases counts once.
    package var deployments: Int64 = 0
    package var cpuMilli: Int64 = 0
    package var memoryBytes: Int64 = 0
    package var ephemeralBytes: Int64 = 0
    package var persistentBytes: Int64 = 0
    /// Units by model.
    package var gpus: [String: Int64] = [:]
    package var amounts: [Denomination: TokenAmount] = [:]

    package init() {}

    /// Of one lease on one day; its deployment is counted by whoever knows whether it is the first of it.
    package init(_ day: LeaseDay, of lease: LeaseRecord) {
        leases = 1
        cpuMilli = lease.resources.cpuMilli
        memoryBytes = lease.resources.memoryBytes
        ephemeralBytes = lease.resources.ephemeralBytes
        persistentBytes = lease.resources.persistentBytes
        if let name = lease.resources.gpuName { gpus[name] = lease.resources.gpuUnits }
        amounts = day.amounts
    }

    package static func + (left: UsageTotals, right: UsageTotals) -> UsageTotals {
        left.combined(with: right, numbers: &+, amounts: +)
    }

    /// To be used where `right` was added to `left` before.
    package static func - (left: UsageTotals, right: UsageTotals) -> UsageTotals {
        left.combined(with: right, numbers: &-, amounts: -)
    }

    package static func += (left: inout UsageTotals, right: UsageTotals) { left = left + right }

    private func combined(
        with other: UsageTotals,
        numbers: (Int64, Int64) -> Int64,
        amounts combine: (TokenAmount, TokenAmount) -> TokenAmount
    ) -> UsageTotals {
        var result = UsageTotals()
        result.leases = numbers(leases, other.leases)
        result.deployments = numbers(deployments, other.deployments)
        result.cpuMilli = numbers(cpuMilli, other.cpuMilli)
        result.memoryBytes = numbers(memoryBytes, other.memoryBytes)
        result.ephemeralBytes = numbers(ephemeralBytes, other.ephemeralBytes)
        result.persistentBytes = numbers(persistentBytes, other.persistentBytes)
        for model in Set(gpus.keys).union(other.gpus.keys) {
            let units = numbers(gpus[model] ?? 0, other.gpus[model] ?? 0)
            if units != 0 { result.gpus[model] = units }
        }
        for denomination in Set(amounts.keys).union(other.amounts.keys) {
            let amount = combine(amounts[denomination] ?? .zero, other.amounts[denomination] ?? .zero)
            if !amount.isZero { result.amounts[denomination] = amount }
        }
        return result
    }
}
