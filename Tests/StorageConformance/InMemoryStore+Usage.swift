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

    var days: [CalendarDay] { calendar.values.sorted { $0.date < $1.date } }

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
            for record in leases {
                let revision = LeaseRevision.decide(
                    record,
                    known: state.usage.leases[record.identity],
                    finalDays: finalDays,
                    closedThrough: closedThrough[record.identity.owner]
                )
                contradictions += revision.contradictions.filter { contradicted.insert($0).inserted }
                guard let lease = revision.lease else { continue }
                changed.insert(record.identity)
                state.usage.leases[record.identity] = lease
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
            if let fault = CalendarDay.fault(in: calendar.values.sorted { $0.date < $1.date }) {
                return .refused(fault)
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
            return state.usage.days.filter { dates.contains($0.date) }.flatMap { day in
                UsageTotals.oneByOne(of: leases, on: day, by: grouping)
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
        try with("reading leases") { state in identities.compactMap { state.usage.leases[$0]?.record } }
    }

    package func addresses(after address: String?, limit: Int) async throws(StoreError) -> [String] {
        try with("reading addresses") { state in
            let all = Set(state.usage.accounts.values.joined().map(\.address))
            return Array(all.filter { $0 > address ?? "" }.sorted().prefix(limit))
        }
    }

    package func openLeases(of owner: String) async throws(StoreError) -> [LeaseRecord] {
        try with("reading leases") { state in
            state.usage.leases(of: owner).map(\.record).filter { $0.endHeight == nil }
                .sorted { $0.identity.text < $1.identity.text }
        }
    }

    package func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        try with("reading names of providers") { state in
            state.usage.providerNames.filter { providers.contains($0.key) }
        }
    }

    package func setAccounts(
        _ accounts: [AccountPeriod],
        of customer: String
    ) async throws(StoreError) -> Bool {
        try with("setting accounts") { state in
            let before = state.usage.accounts.updateValue(Set(accounts), forKey: customer) ?? []
            return before != Set(accounts)
        }
    }

    package func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] {
        try with("reading accounts") { state in
            (customer.account == nil ? state.usage.accounts[customer.customer] ?? [] : []).sorted {
                ($0.address, $0.from?.dayNumber ?? .min) < ($1.address, $1.from?.dayNumber ?? .min)
            }
        }
    }

    package func isMapped(_ address: String) async throws(StoreError) -> Bool {
        try with("looking for an account") { state in
            state.usage.accounts.values.contains { $0.contains { $0.address == address } }
        }
    }

    package func otherHolders(
        ofAddressesOf customer: String
    ) async throws(StoreError) -> [AddressHolder] {
        try with("looking for shared addresses") { state in
            let own = Set((state.usage.accounts[customer] ?? []).map(\.address))
            return state.usage.accounts.filter { $0.key != customer }.flatMap { other, periods in
                periods.filter { own.contains($0.address) }.map { AddressHolder(customer: other, period: $0) }
            }.sorted {
                ($0.period.address, $0.customer, $0.period.from?.dayNumber ?? .min)
                    < ($1.period.address, $1.customer, $1.period.from?.dayNumber ?? .min)
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
    package func give(_ credits: [Credit]) async throws(StoreError) -> [CreditOutcome] {
        try with("storing credits") { state in
            var standing = state.credits
            let outcomes = credits.map { credit -> CreditOutcome in
                guard let known = standing[credit.id] else {
                    standing[credit.id] = credit
                    return .given
                }
                return known.gives(theSameAs: credit) ? .known : .conflict
            }
            if !outcomes.contains(.conflict) { state.credits = standing }
            return outcomes
        }
    }

    package func credits(of customer: CustomerKey) async throws(StoreError) -> [Credit] {
        try with("reading credits") { state in
            state.credits.values.filter { CustomerKey($0.customer, account: nil) == customer }
                .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
        }
    }
}
