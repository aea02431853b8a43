package import Billing

/// What became of a credit.
package enum CreditOutcome: Sendable, Equatable {
    case given
    /// The same was given before; see `Credit.gives(theSameAs:)`.
    case known
    /// Another one has its id; nothing was changed.
    case conflict
}

/// The credits that customers were given.
package protocol CreditLedger: Sendable {
    /// Gives credits, all or none, each once.
    ///
    /// - Returns: What became of each, in order; nothing was given when there is a conflict among them.
    func give(_ credits: [Credit]) async throws(StoreError) -> [CreditOutcome]

    /// A customer's credits, the oldest first; customers of connected accounts have none.
    func credits(of customer: CustomerKey) async throws(StoreError) -> [Credit]
}
