package import Billing

/// The balances that Console and the chain state, the newest of each customer.
package protocol BalanceObservations: Sendable {
    /// Stores observations; one that is older than the stored one of its customer changes nothing.
    ///
    /// - Returns: The number of customers whose observation changed.
    func observe(_ balances: [ObservedBalance]) async throws(StoreError) -> Int

    /// The observations of some customers of the platform account, without those that have none.
    func observedBalances(of customers: [String]) async throws(StoreError) -> [ObservedBalance]

    /// The observations of all customers by ascending customer.
    ///
    /// - Parameters:
    ///   - customer: The last customer of the previous page; `nil` for the first page.
    ///   - limit: The most observations to return.
    /// - Returns: The observations.
    /// - Throws: ``StoreError``.
    func observedBalances(
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [ObservedBalance]
}

extension BalanceObservations {
    /// The sum of the customers' observations; `nil` if there is none.
    package func observed(of customers: CustomerGroup) async throws(StoreError) -> ObservedBalance.Total? {
        let named = customers.customers.filter { $0.account == nil }.map(\.customer)
        return ObservedBalance.Total(try await observedBalances(of: named))
    }
}

extension ObservedBalance {
    /// The newest of each customer.
    package static func newest(of balances: [ObservedBalance]) -> [ObservedBalance] {
        Dictionary(balances.map { ($0.customer, $0) }) { $1.observedAt < $0.observedAt ? $0 : $1 }.values
            .sorted { $0.customer < $1.customer }
    }
}
