import Billing
import Storage

/// The balances that Console's wallets and the leases' escrow come to.
extension ConsoleImport {
    /// States what the wallets of customers hold, where all of it is known.
    func observe(_ customers: [ConsoleCustomer]) async throws(Interruption) {
        guard !progress.isDryRun,
            let newest = try await stored({ store throws(StoreError) in try await store.newestDay() })
        else { return }
        var observed: [ObservedBalance] = []
        for customer in customers where StripeID.isValid(customer.id) {
            let stated = customer.wallets.filter { $0.allowance != nil }
            guard !stated.isEmpty else { continue }
            var leases: [LeaseRecord] = []
            for wallet in customer.wallets where ChainName.isValid(wallet.address) {
                leases += try await stored { store throws(StoreError) in
                    try await store.openLeases(of: wallet.address, at: newest.lastHeightYet)
                }
            }
            guard let reserves = ObservedBalance.reserves(of: leases, at: newest.lastHeightYet) else {
                continue
            }
            observed.append(
                ObservedBalance(
                    customer: customer.id,
                    available: stated.compactMap(\.allowance).reduce(.zero, +),
                    reserves: reserves,
                    isTrial: stated.allSatisfy(\.isTrial),
                    observedAt: now()
                )
            )
        }
        let balances = observed
        _ = try await stored { store throws(StoreError) in try await store.observe(balances) }
    }

    /// Takes back what an earlier pass stated of customers who are former ones now.
    ///
    /// Their users' wallet is stated of another customer. Observations of this pass are newer, and stay.
    func forget(_ former: Set<String>) async throws(Interruption) {
        guard !progress.isDryRun, let begun = progress.begunAt else { return }
        let stated = try await stored { store throws(StoreError) in
            try await store.observedBalances(of: former.sorted())
        }
        let nothing = stated.filter { $0.all > .zero && $0.observedAt < begun }.map { balance in
            ObservedBalance(
                customer: balance.customer,
                available: .zero,
                reserves: [],
                isTrial: false,
                observedAt: begun
            )
        }
        _ = try await stored { store throws(StoreError) in try await store.observe(nothing) }
    }
}
