package import Billing
import Database

/// The reads of the usage ledger that need no totals, and the accounts.
extension SQLStore {
    package func calendar(_ dates: ClosedRange<CalendarDate>) async throws(StoreError) -> [CalendarDay] {
        try await query("reading the calendar") { try $0.rows(UsageQueries.calendar(dates)) }
    }

    package func newestDay() async throws(StoreError) -> CalendarDay? {
        try await query("reading the calendar") { try $0.row(UsageQueries.newestDay) }
    }

    package func openLeases(of owner: String, at height: Int64) async throws(StoreError) -> [LeaseRecord] {
        try await query("reading leases") { session in
            try session.rows(UsageQueries.openLeases(of: owner, at: height)).map(\.record)
        }
        .sorted { $0.identity.text < $1.identity.text }
    }

    package func openLeases(
        after identity: String?,
        limit: Int
    ) async throws(StoreError) -> [LeaseRecord] {
        try await query("reading leases") { session in
            try session.rows(UsageQueries.openLeases(after: identity ?? "", limit: limit)).map(\.record)
        }
    }

    package func setAccounts(_ maps: [AccountMap]) async throws(StoreError) -> AccountsOutcome {
        let addresses = Set(maps.flatMap { $0.accounts.map(\.address) })
        let customers = Set(maps.map(\.customer))
        return try await transaction("setting accounts", under: .accounts, repeats: false) { session in
            let holders = try session.rows(UsageQueries.holders(of: addresses, or: customers))
            let plan = AccountsPlan(maps, holders: holders)
            for (customer, periods) in plan.replaced.sorted(by: { $0.key < $1.key }) {
                try session.runLater(UsageChanges.replacingAccounts(of: customer, by: periods))
            }
            return plan.outcome
        }
    }

    package func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] {
        guard customer.account == nil else { return [] }
        return try await query("reading accounts") { session in
            try session.rows(UsageQueries.accounts(of: customer.customer))
        }
    }

    package func holders(of address: String) async throws(StoreError) -> [AddressHolder] {
        try await query("looking for an account") { session in
            try session.rows(UsageQueries.holders(of: [address], or: []))
        }
    }

    package func leases(
        of owner: String,
        in heights: Range<Int64>
    ) async throws(StoreError) -> [LeaseState] {
        try await readUsage("reading leases") { try $0.rows(UsageQueries.leases(of: owner, in: heights)) }
    }

    package func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        let providers = Array(providers)
        let names = try await query("reading names of providers") { session in
            try session.rows(ofEach: providers.map(UsageQueries.name))
        }
        return zip(providers, names).reduce(into: [:]) { $0[$1.0] = $1.1.first }
    }
}
