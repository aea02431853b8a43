/// Adds up one owner's leases for each day of a time zone, in time proportional to leases plus days, not to
/// their product.
///
/// A lease changes only at its edges: where it begins, ends or changes its price, and on days whose totals
/// are already settled. Between its edges it is the same in every block. Leases that run through a whole day
/// are therefore held as running sums of resources and of cost per block, and only the leases with an edge on
/// the day are added one by one.
struct LeaseSweep {
    /// A day that has blocks.
    private struct Day {
        /// The day's index among all days.
        let index: Int
        let parts: [LocalDay.Part]
        let heights: Range<Int64>
        /// The leases with an edge on the day; `begins` and `ends` are the runs that begin with the day or
        /// ended before it.
        var edges: [Int] = []
        var begins: [Run] = []
        var ends: [Run] = []
    }

    /// A range of whole days on which a lease does not change.
    private struct Run {
        let lease: Int
        /// `nil` for blocks before the lease's first price.
        let price: LeaseRecord.PriceSegment?
    }

    private let leases: [LeaseState]
    private let groups: Numbering<String>
    private let deployments: Numbering<DeploymentIdentity>
    private var days: [Day]

    /// - Parameters:
    ///   - leases: The owner's leases.
    ///   - days: The days of the time zone, ascending, with only the blocks that count for the owner.
    ///   - grouping: How the leases are grouped.
    ///   - tags: The values of the tag by which they are grouped, by dseq.
    init(_ leases: [LeaseState], on days: [LocalDay], by grouping: UsageGrouping, tags: [Int64: String]) {
        self.leases = leases
        groups = Numbering(leases.map { grouping.group(of: $0.record, tags: tags) })
        deployments = Numbering(leases.map(\.record.identity.deployment))
        self.days = days.enumerated().compactMap { index, day in
            day.heights.map { Day(index: index, parts: day.parts, heights: $0) }
        }
        var places: [CalendarDate: [Int]] = [:]
        if leases.contains(where: { !$0.kept.isEmpty }) {
            for (place, day) in self.days.enumerated() {
                for part in day.parts { places[part.day.date, default: []].append(place) }
            }
        }
        for (index, lease) in leases.enumerated() { divide(lease, index, places) }
    }

    /// Splits a lease into runs and days with an edge.
    private mutating func divide(_ lease: LeaseState, _ index: Int, _ places: [CalendarDate: [Int]]) {
        let life = lease.record.life
        let cuts = lease.record.prices.map(\.fromHeight).filter(life.contains)
        var edges = lease.kept.keys.flatMap { places[$0] ?? [] }
        var stops: [Int] = []
        for height in [life.lowerBound, life.upperBound] + cuts where !life.isEmpty {
            let place = place(from: height)
            stops.append(place)
            if place > 0, days[place - 1].heights.upperBound > height { edges.append(place - 1) }
        }
        edges.sortWithoutDuplicates()
        for edge in edges { days[edge].edges.append(index) }
        guard let first = stops.min(), let last = stops.max() else { return }
        stops += edges.flatMap { [$0, $0 + 1] }.filter { first...last ~= $0 }
        stops.sortWithoutDuplicates()
        var rest = edges[...]
        for (begin, end) in zip(stops, stops.dropFirst()) {
            rest = rest.drop { $0 < begin }
            guard rest.first != begin else { continue }
            let height = days[begin].heights.lowerBound
            let run = Run(lease: index, price: lease.record.prices.last { $0.fromHeight <= height })
            days[begin].begins.append(run)
            if end < days.count { days[end].ends.append(run) }
        }
    }

    /// The index of the first day that begins at a height or later.
    private func place(from height: Int64) -> Int {
        var (low, high) = (0, days.count)
        while low < high {
            let middle = (low + high) / 2
            if days[middle].heights.lowerBound < height { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The sums of the groups on each day that has blocks, with the day's index among all days.
    func sums() -> [(index: Int, groups: [(group: String, sum: GroupSum)])] {
        var running: [Int: RunningLeases] = [:]
        return days.map { day in
            for run in day.ends { count(run, -1, in: &running) }
            for run in day.begins { count(run, 1, in: &running) }
            var sums = running.mapValues { GroupSum($0, through: day.parts) }
            for index in day.edges {
                let group = groups.numbers[index]
                // In place: a copy would copy all deployments of the group, for each lease.
                let isNew = sums[group] == nil
                let isUsed = sums[group, default: GroupSum(nil, through: day.parts)].add(
                    leases[index],
                    of: deployments.numbers[index],
                    in: day.parts,
                    beside: running[group]
                )
                if isNew, !isUsed { sums[group] = nil }
            }
            return (day.index, sums.map { (groups.values[$0.key], $0.value) })
        }
    }

    private func count(_ run: Run, _ sign: Int64, in running: inout [Int: RunningLeases]) {
        let group = groups.numbers[run.lease]
        running[group, default: RunningLeases()]
            .count(leases[run.lease].record, of: deployments.numbers[run.lease], run.price, sign)
        if running[group]?.isEmpty == true { running[group] = nil }
    }
}

/// Numbers for values that are slow to hash.
private struct Numbering<Value: Hashable> {
    /// The number of each given value.
    let numbers: [Int]
    /// The distinct values, by number.
    let values: [Value]

    init(_ given: [Value]) {
        var (known, distinct): ([Value: Int], [Value]) = ([:], [])
        numbers = given.map { value in
            if let number = known[value] { return number }
            known[value] = distinct.count
            distinct.append(value)
            return distinct.count - 1
        }
        values = distinct
    }
}

extension [Int] {
    fileprivate mutating func sortWithoutDuplicates() {
        sort()
        self = enumerated().filter { $0.offset == 0 || self[$0.offset - 1] != $0.element }.map(\.element)
    }
}

/// The leases of a group that run on: their resources, and their common cost per block.
///
/// The sums are wider than their terms, so that the sum of extreme numbers is exact, and can be subtracted from.
struct RunningLeases {
    private var leases: Int64 = 0
    private var cpuMilli: Int128 = 0
    private var memoryBytes: Int128 = 0
    private var ephemeralBytes: Int128 = 0
    private var persistentBytes: Int128 = 0
    private var deployments = Tally<Int>()
    private var gpus = Tally<String>()
    private var perBlock = Tally<Denomination>()

    var isEmpty: Bool { leases == 0 }

    var totals: UsageTotals {
        var totals = UsageTotals()
        totals.leases = leases
        totals.deployments = Int64(deployments.sums.count)
        totals.cpuMilli = Int64(clamping: cpuMilli)
        totals.memoryBytes = Int64(clamping: memoryBytes)
        totals.ephemeralBytes = Int64(clamping: ephemeralBytes)
        totals.persistentBytes = Int64(clamping: persistentBytes)
        totals.gpus = gpus.sums.mapValues { Int64(clamping: $0.amount) }
        return totals
    }

    func has(deployment: Int) -> Bool { deployments.sums[deployment] != nil }

    func amounts(ofBlocks blocks: Int64) -> [Denomination: TokenAmount] {
        perBlock.sums.mapValues { TokenAmount(scaled: $0.amount) * blocks }
    }

    /// Adds a lease that begins (1), or subtracts one that ends (-1).
    ///
    /// The arithmetic wraps, because numbers from outside must not stop the service. Prices are below 10³⁰,
    /// so the cost per block of a hundred million leases still fits.
    mutating func count(
        _ lease: LeaseRecord,
        of deployment: Int,
        _ price: LeaseRecord.PriceSegment?,
        _ sign: Int64
    ) {
        let (resources, wide) = (lease.resources, Int128(sign))
        leases &+= sign
        cpuMilli &+= wide &* Int128(resources.cpuMilli)
        memoryBytes &+= wide &* Int128(resources.memoryBytes)
        ephemeralBytes &+= wide &* Int128(resources.ephemeralBytes)
        persistentBytes &+= wide &* Int128(resources.persistentBytes)
        deployments.count(deployment, 0, sign)
        if let name = resources.gpuName { gpus.count(name, Int128(resources.gpuUnits), sign) }
        if let price { perBlock.count(price.denomination, price.pricePerBlock.scaled, sign) }
    }
}

/// Sums by key; keys without a lease are removed.
private struct Tally<Key: Hashable> {
    private(set) var sums: [Key: (count: Int64, amount: Int128)] = [:]

    mutating func count(_ key: Key, _ amount: Int128, _ sign: Int64) {
        var (count, sum) = sums[key] ?? (0, 0)
        count &+= sign
        sum &+= Int128(sign) &* amount
        sums[key] = count == 0 ? nil : (count, sum)
    }
}
