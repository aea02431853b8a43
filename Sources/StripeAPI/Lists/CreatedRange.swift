/// A range of Stripe's `created` times in Unix seconds, both ends included.
package struct CreatedRange: Sendable, Equatable {
    package var from: Int64?
    package var through: Int64?

    package init(from: Int64? = nil, through: Int64? = nil) {
        self.from = from
        self.through = through
    }

    package static let all = CreatedRange()

    var filters: [StripeListing.Filter] {
        [
            from.map { StripeListing.Filter("created[gte]", String($0)) },
            through.map { StripeListing.Filter("created[lte]", String($0)) },
        ].compactMap(\.self)
    }
}
