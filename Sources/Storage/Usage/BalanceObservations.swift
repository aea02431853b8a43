package import Billing

/// The balances that Console and the chain state, the newest of each customer.
package protocol BalanceObservations: Sendable {
    /// Stores observations; one that is older than the stored one of its customer changes nothing.
    ///
    /// - Returns: The number of customers whose observation changed.
    func observe(_ balances: [ObservedBalance]) async throws(StoreError) -> Int

    /// The observations of some customers of the platform account, without those that have none.
    func observedBalances(of customers: [String]) async throws(StoreError) -> [ObservedBalance]
}

extension ObservedBalance {
    /// The newest of each customer.
    package static func newest(of balances: [ObservedBalance]) -> [ObservedBalance] {
        Dictionary(balances.map { ($0.customer, $0) }) { $1.observedAt < $0.observedAt ? $0 : $1 }.values
            .sorted { $0.customer < $1.customer }
    }
}
