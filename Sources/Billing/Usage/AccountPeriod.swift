/// An address on chain that belongs to a customer for a period.
package struct AccountPeriod: Hashable, Sendable {
    package let address: String
    /// `nil` for no start.
    package let from: CalendarDate?
    /// The last day; `nil` for no end.
    package let through: CalendarDate?

    package init(address: String, from: CalendarDate?, through: CalendarDate?) {
        self.address = address
        self.from = from
        self.through = through
    }
}

extension AccountPeriod {
    /// The days on which each address belongs to a customer, each day once, by address and time.
    ///
    /// - Parameters:
    ///   - periods: The stored periods, which may overlap.
    ///   - dates: The days to consider.
    /// - Returns: Ranges; those of one address have a gap between them.
    package static func spans(
        of periods: [AccountPeriod],
        in dates: ClosedRange<CalendarDate>
    ) -> [(address: String, dates: ClosedRange<CalendarDate>)] {
        var spans: [(address: String, dates: ClosedRange<CalendarDate>)] = []
        let clamped = periods.compactMap { period -> (address: String, dates: ClosedRange<CalendarDate>)? in
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
