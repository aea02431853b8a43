/// An address on chain that is a customer's for a while.
package struct AccountPeriod: Hashable, Sendable {
    package let address: String
    /// `nil` since ever.
    package let from: CivilDate?
    /// The last day; `nil` for one without an end.
    package let through: CivilDate?

    package init(address: String, from: CivilDate?, through: CivilDate?) {
        self.address = address
        self.from = from
        self.through = through
    }
}

extension AccountPeriod {
    /// The days on which each address is a customer's, each day once, by address and time.
    ///
    /// - Parameters:
    ///   - periods: As they were said; they may overlap.
    ///   - dates: The days in question.
    /// - Returns: Ranges of one address that do not touch.
    package static func spans(
        of periods: [AccountPeriod],
        in dates: ClosedRange<CivilDate>
    ) -> [(address: String, dates: ClosedRange<CivilDate>)] {
        var spans: [(address: String, dates: ClosedRange<CivilDate>)] = []
        let clamped = periods.compactMap { period -> (address: String, dates: ClosedRange<CivilDate>)? in
            let from = max(period.from ?? dates.lowerBound, dates.lowerBound)
            let through = min(period.through ?? dates.upperBound, dates.upperBound)
            return from <= through ? (period.address, from...through) : nil
        }
        for span in clamped.sorted(by: {
            ($0.address, $0.dates.lowerBound) < ($1.address, $1.dates.lowerBound)
        }) {
            guard let last = spans.last, last.address == span.address,
                span.dates.lowerBound <= last.dates.upperBound.adding(days: 1)
            else {
                spans.append(span)
                continue
            }
            let end = max(last.dates.upperBound, span.dates.upperBound)
            spans[spans.count - 1].dates = last.dates.lowerBound...end
        }
        return spans
    }
}
