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

/// A customer to whom an address belongs for a period.
package struct AddressHolder: Hashable, Sendable {
    package let customer: String
    package let period: AccountPeriod

    package init(customer: String, period: AccountPeriod) {
        self.customer = customer
        self.period = period
    }
}

extension AccountPeriod {
    /// The days on which an address belongs to both of two customers; `nil` if there is none.
    package func overlap(_ other: AccountPeriod) -> AccountPeriod? {
        let from = [from, other.from].compactMap(\.self).max()
        let through = [through, other.through].compactMap(\.self).min()
        if let from, let through, through < from { return nil }
        return address == other.address ? AccountPeriod(address: address, from: from, through: through) : nil
    }

    /// The days in words, such as `from 2026-03-01 through 2026-03-15`.
    package var days: String {
        switch (from?.text, through?.text) {
        case (let from?, let through?) where from == through: "on \(from)"
        case (let from?, let through?): "from \(from) through \(through)"
        case (let from?, nil): "from \(from) on"
        case (nil, let through?): "through \(through)"
        case (nil, nil): "on all days"
        }
    }

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
