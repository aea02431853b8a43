package import Billing

/// What becomes of credits that are given: all or none of them, each once.
package struct CreditPlan: Sendable {
    package let outcomes: [CreditOutcome]
    /// Those to be written; none when there is a conflict.
    package let credits: [Credit]

    /// - Parameters:
    ///   - credits: What is given.
    ///   - standing: The credits that were given before, by id; those with other ids do not matter.
    package init(_ credits: [Credit], standing: [String: Credit]) {
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
