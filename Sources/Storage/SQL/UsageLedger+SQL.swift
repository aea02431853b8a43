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

    package func openLeases(of owner: String) async throws(StoreError) -> [LeaseRecord] {
        try await query("reading leases") { try $0.rows(UsageQueries.openLeases(of: owner)).map(\.record) }
    }

    package func setAccounts(
        _ accounts: [AccountPeriod],
        of customer: String
    ) async throws(StoreError) -> Bool {
        try await transaction("setting accounts", under: .accounts, repeats: false) { session in
            let fresh = Set(accounts)
            guard Set(try session.rows(UsageQueries.accounts(of: customer))) != fresh else { return false }
            let removal = SQLStatement("DELETE FROM usage_accounts WHERE customer = $1", [.text(customer)])
            let insertions = fresh.map { account in
                SQLStatement(
                    """
                    INSERT INTO usage_accounts (customer, address, valid_from, valid_through)
                    VALUES ($1, $2, $3, $4)
                    """,
                    [
                        .text(customer), .text(account.address), .int(orNull: account.from?.dayNumber),
                        .int(orNull: account.through?.dayNumber),
                    ]
                )
            }
            try session.runLater([removal] + insertions)
            return true
        }
    }

    package func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] {
        guard customer.account == nil else { return [] }
        return try await query("reading accounts") { session in
            try session.rows(UsageQueries.accounts(of: customer.customer))
        }
    }

    package func isMapped(_ address: String) async throws(StoreError) -> Bool {
        try await query("looking for an account") { session in
            try session.row(
                Query("SELECT 1 FROM usage_accounts WHERE address = $1 LIMIT 1", [.text(address)]) { _ in true
                }
            ) ?? false
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

    package func otherHolders(
        ofAddressesOf customer: String
    ) async throws(StoreError) -> [AddressHolder] {
        try await query("looking for shared addresses") { session in
            try session.rows(UsageQueries.otherHolders(ofAddressesOf: customer))
        }
    }
}
