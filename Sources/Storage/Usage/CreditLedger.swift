package import Billing

/// The outcome of giving a credit.
package enum CreditOutcome: Sendable, Equatable {
    case given
    /// The same credit was given before; see `Credit.gives(theSameAs:)`.
    case known
    /// A different credit has its id; no data were changed.
    case conflict
}

/// The credits that customers were given.
package protocol CreditLedger: Sendable {
    /// Gives credits, all or none, each once.
    ///
    /// - Returns: The outcome of each, in order; no credit is given if one is a conflict.
    func give(_ credits: [Credit]) async throws(StoreError) -> [CreditOutcome]

    /// A customer's credits, the oldest first; customers of connected accounts have none.
    func credits(of customer: CustomerKey) async throws(StoreError) -> [Credit]
}
