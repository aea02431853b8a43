/// One way in which a row of ours and what Stripe says differ.
package struct Drift: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// Stripe has it, and there is no row.
        case missingHere = "missing_here"
        /// There is a row, and Stripe does not know what it is about.
        case missingThere = "missing_there"
        case differs
    }

    package let kind: Kind
    /// The row's.
    package let id: String
    package let type: String
    /// Of rows that differ: which field; of what Stripe does not know: what is missing.
    package let field: String?
    package let ours: String?
    package let theirs: String?

    package init(
        _ kind: Kind,
        id: String,
        type: String,
        field: String? = nil,
        ours: String? = nil,
        theirs: String? = nil
    ) {
        self.kind = kind
        self.id = id
        self.type = type
        self.field = field
        self.ours = ours
        self.theirs = theirs
    }
}

extension Drift {
    /// What is different about a row, in what the customer's money hangs on.
    ///
    /// - Parameters:
    ///   - ours: The row as it stands.
    ///   - theirs: The row as it follows from what Stripe says now.
    /// - Returns: Nothing when they agree.
    package static func between(_ ours: Transaction?, _ theirs: Transaction?) -> [Drift] {
        switch (ours, theirs) {
        case (nil, nil): return []
        case (nil, let theirs?):
            return isWorthARow(theirs)
                ? [Drift(.missingHere, id: theirs.id, type: theirs.type.rawValue, theirs: theirs.summary)]
                : []
        case (let ours?, nil):
            return [Drift(.missingThere, id: ours.id, type: ours.type.rawValue, ours: ours.summary)]
        case (let ours?, let theirs?):
            return zip(ours.comparedFields, theirs.comparedFields).compactMap { mine, other in
                guard mine.value != other.value else { return nil }
                return Drift(
                    .differs,
                    id: ours.id,
                    type: ours.type.rawValue,
                    field: mine.name,
                    ours: mine.value,
                    theirs: other.value
                )
            }
        }
    }

    /// Whether a payment came so far that somebody would miss it: one that was never tried has no event but that of
    /// its making, which an endpoint need not be registered for.
    private static func isWorthARow(_ row: Transaction) -> Bool {
        row.type != .purchase || row.charge != nil || row.invoice != nil
            || !["pending", "canceled"].contains(row.status)
    }
}

extension Transaction {
    fileprivate var comparedFields: [(name: String, value: String?)] {
        [
            ("type", type.rawValue), ("status", status), ("amount", String(amount)),
            ("amount_refunded", String(amountRefunded)), ("currency", currency.code), ("customer", customer),
            ("disputed", String(disputed)),
        ]
    }

    fileprivate var summary: String { "\(status) \(amount) \(currency.code)" }
}
