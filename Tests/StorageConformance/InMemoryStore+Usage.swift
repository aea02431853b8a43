package import Billing
package import Storage
import TestSupport

/// The ledger of usage by its definition: facts are kept, and everything else is worked out when asked.
struct InMemoryUsage {
    var leases: [LeaseIdentity: LeaseState] = [:]
    var calendar: [CalendarDate: CalendarDay] = [:]
    var closedThrough: [String: CalendarDate] = [:]
    var accounts: [String: Set<AccountPeriod>] = [:]
    /// In the order in which they were put.
    var providerNames: [String: String] = [:]
    var corrections: [String: UsageCorrection] = [:]
    var observed: [String: ObservedBalance] = [:]
    var tags: [DeploymentTags.Deployment: DeploymentTags] = [:]

    var days: [CalendarDay] { calendar.values.sorted { $0.date < $1.date } }

    /// The addresses that a customer has or had.
    func addresses(of key: CustomerKey) -> Set<String> {
        key.account == nil ? Set((accounts[key.customer] ?? []).map(\.address)) : []
    }

    func leases(of owner: String) -> [LeaseState] {
        leases.values.filter { $0.record.identity.owner == owner }
    }
}

extension InMemoryStore {
    package func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome {
        try with("storing leases") { state in
            let finalDays = state.usage.days.filter(\.isFinal)
            let closedThrough = state.usage.closedThrough
            var changed: Set<LeaseIdentity> = []
            var contradicted: Set<UsageContradiction> = []
            var contradictions: [UsageContradiction] = []
            var standing = KnownLeases(state.usage.leases.values)
            for record in leases {
                let known = standing.lease(of: record)
                let revision = LeaseRevision.decide(
                    record,
                    known: known,
                    finalDays: finalDays,
                    closedThrough: closedThrough[record.identity.owner]
                )
                contradictions += revision.contradictions.filter { contradicted.insert($0).inserted }
                guard let lease = revision.lease else { continue }
                standing.put(lease, replacing: known)
                if let before = known?.record.identity, before != lease.record.identity {
                    state.usage.leases[before] = nil
                    changed.remove(before)
                }
                changed.insert(lease.record.identity)
                state.usage.leases[lease.record.identity] = lease
                if let name = record.providerName {
                    state.usage.providerNames[record.identity.provider] = name
                }
            }
            return .taken(changed: changed.count, contradictions: contradictions)
        }
    }

    package func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome {
        try with("storing days") { state in
            var calendar = state.usage.calendar
            var changed: Set<CalendarDate> = []
            var contradicted: [CalendarContradiction] = []
            for day in days {
                switch CalendarRevision.decide(day, known: calendar[day.date]) {
                case .unchanged: break
                case .contradicted(let contradiction): contradicted.append(contradiction)
                case .changed(let revised):
                    calendar[day.date] = revised
                    changed.insert(day.date)
                }
            }
            let together = calendar.values.sorted { $0.date < $1.date }
            if let fault = CalendarDay.fault(in: together) { return .refused(fault) }
            for halt in CalendarDay.halts(in: together) {
                calendar[halt.date] = halt
                changed.insert(halt.date)
            }
            state.usage.calendar = calendar
            let last = calendar.values.filter(\.isFinal).map(\.date).max()
            for owner in Set(state.usage.leases.keys.map(\.owner)) { state.usage.closedThrough[owner] = last }
            return .taken(changed: changed.count, contradicted: contradicted)
        }
    }

    /// Nothing is stale: totals are worked out when asked.
    package func settleUsage(steps: Int) async throws(StoreError) -> Bool { false }

    package func calendar(_ dates: ClosedRange<CalendarDate>) async throws(StoreError) -> [CalendarDay] {
        try with("reading the calendar") { state in state.usage.days.filter { dates.contains($0.date) } }
    }

    package func newestDay() async throws(StoreError) -> CalendarDay? {
        try with("reading the calendar") { state in state.usage.days.last }
    }

    package func usage(
        of owner: String,
        _ dates: ClosedRange<CalendarDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        try with("reading usage") { state in
            let leases = state.usage.leases(of: owner)
            var values: [Int64: String] = [:]
            for (deployment, tags) in state.usage.tags where deployment.owner == owner {
                if let key = grouping.tagKey { values[deployment.dseq] = tags.values[key] }
            }
            return state.usage.days.filter { dates.contains($0.date) }.flatMap { day in
                UsageTotals.oneByOne(of: leases, on: day, by: grouping, tags: values)
                    .map { UsageGroup(date: day.date, group: $0.key, totals: $0.value) }
                    .sorted { $0.group < $1.group }
            }
        }
    }

    package func leases(
        of owner: String,
        in heights: Range<Int64>
    ) async throws(StoreError) -> [LeaseState] {
        try with("reading leases") { state in
            state.usage.leases(of: owner).filter { lease in
                let life = lease.record.createdHeight..<(lease.record.endHeight ?? .max)
                return !lease.kept.isEmpty || life.overlaps(heights)
            }
        }
    }

    package func leases(named identities: [LeaseIdentity]) async throws(StoreError) -> [LeaseRecord] {
        try with("reading leases") { state in
            let orders = Set(identities.map(\.unnumbered))
            return state.usage.leases.values.map(\.record).filter { orders.contains($0.identity.unnumbered) }
        }
    }

    package func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String] {
        try with("reading addresses") { state in
            let all = Set(state.usage.accounts.values.joined().map(\.address))
            return Array(all.filter { $0 > address ?? "" }.sorted().prefix(limit))
        }
    }

    package func openLeases(
        after identity: String?,
        limit: Int
    ) async throws(StoreError) -> [LeaseRecord] {
        try with("reading leases") { state in
            let open = state.usage.leases.values.map(\.record).filter { $0.endHeight == nil }
            let rest = open.filter { $0.identity.text > identity ?? "" }
            return Array(rest.sorted { $0.identity.text < $1.identity.text }.prefix(limit))
        }
    }

    package func openLeases(of owner: String, at height: Int64) async throws(StoreError) -> [LeaseRecord] {
        try with("reading leases") { state in
            state.usage.leases(of: owner).map(\.record).filter {
                $0.endHeight ?? .max > height || $0.endHeight == nil
            }
            .sorted { $0.identity.text < $1.identity.text }
        }
    }

    package func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        try with("reading names of providers") { state in
            state.usage.providerNames.filter { providers.contains($0.key) }
        }
    }

    package func setAccounts(_ maps: [AccountMap]) async throws(StoreError) -> AccountsOutcome {
        try with("setting accounts") { state in
            var accounts = state.usage.accounts
            for map in maps { accounts[map.customer] = Set(map.accounts) }
            for (customer, periods) in accounts.sorted(by: { $0.key < $1.key }) {
                for (other, others) in accounts.sorted(by: { $0.key < $1.key }) where customer < other {
                    let days = periods.flatMap { period in others.compactMap { $0.overlap(period) } }
                    guard let first = days.first else { continue }
                    return .shared(SharedAddress(customer: customer, other: other, period: first))
                }
            }
            let changed = accounts.filter { $0.value != state.usage.accounts[$0.key] ?? [] }
            state.usage.accounts = accounts
            return .set(changed: changed.count)
        }
    }

    package func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] {
        try with("reading accounts") { state in
            (customer.account == nil ? state.usage.accounts[customer.customer] ?? [] : []).sorted {
                ($0.address, $0.from?.dayNumber ?? .min) < ($1.address, $1.from?.dayNumber ?? .min)
            }
        }
    }

    package func holders(of address: String) async throws(StoreError) -> [AddressHolder] {
        try with("looking for an account") { state in
            state.usage.accounts.flatMap { customer, periods in
                periods.filter { $0.address == address }.map { AddressHolder(customer: customer, period: $0) }
            }
        }
    }

    /// The number of totals that a database stores.
    package func usageGroups() async throws(StoreError) -> Int {
        try with("aggregating usage") { state in
            Set(state.usage.leases.keys.map(\.owner)).reduce(0) { sum, owner in
                let leases = state.usage.leases(of: owner)
                return state.usage.days.reduce(sum) { sum, day in
                    UsageAggregator.kept.reduce(sum) {
                        $0 + UsageTotals.oneByOne(of: leases, on: day, by: $1).count
                    }
                }
            }
        }
    }
}

extension InMemoryStore {
    package func correct(_ entries: [UsageCorrection]) async throws(StoreError) -> [CorrectionOutcome] {
        try with("storing corrections") { state in
            let plan = CorrectionPlan(entries, stored: Array(state.usage.corrections.values))
            for entry in plan.entries {
                let key = CustomerKey(entry.customer ?? "", account: nil)
                let isErased = state.marks.ids(of: key).contains(key.customer)
                state.usage.corrections[entry.id] = isErased ? entry.withoutReason : entry
            }
            return plan.outcomes
        }
    }

    package func corrections(
        of customers: [String],
        owners: [String],
        _ dates: ClosedRange<CalendarDate>
    ) async throws(StoreError) -> [UsageCorrection] {
        try with("reading corrections") { state in
            state.usage.corrections.values.filter { entry in
                let isNamed = entry.customer.map(customers.contains) ?? false
                let isOwned = entry.owner.map(owners.contains) ?? false
                return dates.contains(entry.date) && (isNamed || isOwned)
            }.sorted { ($0.date, $0.id) < ($1.date, $1.id) }
        }
    }
}

extension InMemoryStore {
    package func tag(_ tags: [DeploymentTags]) async throws(StoreError) -> Int {
        try with("storing tags") { state in
            let before = state.usage.tags
            for tag in tags {
                let holders = state.usage.accounts.filter { entry in
                    entry.value.contains { $0.address == tag.deployment.owner }
                }.keys
                let isErased =
                    !holders.isEmpty
                    && state.marks.marked(among: Set(holders), account: nil).count == holders.count
                state.usage.tags[tag.deployment] = tag.values.isEmpty || isErased ? nil : tag
            }
            return Set(before.keys).union(state.usage.tags.keys).count { before[$0] != state.usage.tags[$0] }
        }
    }

    package func tags(of owners: [String]) async throws(StoreError) -> [DeploymentTags] {
        try with("reading tags") { state in
            state.usage.tags.values.filter { owners.contains($0.deployment.owner) }
                .sorted { $0.deployment < $1.deployment }
        }
    }
}

extension InMemoryStore {
    package func observe(_ balances: [ObservedBalance]) async throws(StoreError) -> Int {
        try with("storing observed balances") { state in
            let before = state.usage.observed
            for balance in balances {
                let known = state.usage.observed[balance.customer]
                if let known, known.observedAt > balance.observedAt { continue }
                state.usage.observed[balance.customer] = balance
            }
            return state.usage.observed.count { before[$0.key] != $0.value }
        }
    }

    package func observedBalances(of customers: [String]) async throws(StoreError) -> [ObservedBalance] {
        try with("reading observed balances") { state in
            Set(customers).compactMap { state.usage.observed[$0] }.sorted { $0.customer < $1.customer }
        }
    }

    package func observedBalances(
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [ObservedBalance] {
        try with("reading observed balances") { state in
            let all = state.usage.observed.values.sorted {
                $0.customer.utf8.lexicographicallyPrecedes($1.customer.utf8)
            }
            let rest = all.filter { (customer ?? "").utf8.lexicographicallyPrecedes($0.customer.utf8) }
            return Array(rest.prefix(limit))
        }
    }
}
