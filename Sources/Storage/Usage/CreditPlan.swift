import Billing

/// The outcome of giving some credits: all or none of them, each once.
struct CreditPlan: Sendable {
    let outcomes: [CreditOutcome]
    /// The credits to write; none if there is a conflict.
    let credits: [Credit]

    /// - Parameters:
    ///   - credits: The credits to give.
    ///   - standing: The stored credits, by id; credits with other ids do not matter.
    init(_ credits: [Credit], standing: [String: Credit]) {
        var standing = standing
        var fresh: [Credit] = []
        outcomes = credits.map { credit in
            guard let known = standing[credit.id] else {
                standing[credit.id] = credit
                fresh.append(credit)
                return .given
            }
            return known.gives(theSameAs: credit) ? .known : .conflict
        }
        self.credits = outcomes.contains(.conflict) ? [] : fresh
    }
}
