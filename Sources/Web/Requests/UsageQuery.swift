import Billing
import Hummingbird

extension QueryReader {
    /// A day in UTC.
    mutating func date(_ name: String) throws(APIError) -> CivilDate? {
        guard let text = text(name) else { return nil }
        guard let date = CivilDate(text) else { throw .invalid(name, "Give a date such as 2026-11-25.") }
        return date
    }

    /// `from` and `to`, both inclusive and no later than today: the last 31 days where they do not say.
    mutating func dates(
        _ first: String = "from",
        _ last: String = "to",
        today: CivilDate,
        atMost limit: Int64 = 366
    ) throws(APIError) -> ClosedRange<CivilDate> {
        let end = try date(last)
        let begin = try date(first)
        let through = end ?? today
        let from = begin ?? through.adding(days: -30)
        guard from <= through else {
            throw .invalid(end == nil ? first : last, "\(last) lies before \(first).")
        }
        guard from.distance(to: through) < limit else {
            throw .invalid(end == nil ? first : last, "Ask for at most \(limit) days.")
        }
        return (from...through).limited(to: today)
    }

    /// `customer` or `owner`, one of them; for somebody who has customers of their own, all of those where neither is
    /// given.
    mutating func usageSubject(_ caller: Caller) throws(APIError) -> UsageSubject {
        let customer = try customer()
        let owner = text("owner")
        if let owner, !ChainName.isValid(owner) {
            throw .invalid("owner", "This is not an address on chain.")
        }
        switch (customer, owner) {
        case (_?, _?): throw .invalid("owner", "Give either customer or owner, not both.")
        case (nil, let owner?): return caller.subject(owner: owner)
        case (let customer, nil):
            guard let customers = try caller.customers(named: customer) else {
                throw .invalid("customer", "Say whose usage you want: customer or owner.")
            }
            return customers.usage
        }
    }
}

extension ClosedRange<CivilDate> {
    /// The range with each end that lies after today moved to today.
    ///
    /// Nothing is known of a later day, and every day of a range costs work: one far ahead must not be walked to.
    func limited(to today: CivilDate) -> Self { clamped(to: Swift.min(lowerBound, today)...today) }
}

extension Caller {
    /// An address that is asked about, as far as it is the caller's.
    func subject(owner: String) -> UsageSubject {
        switch reach {
        case .anyCustomer: .owner(owner)
        case .customers(let customers): .owned(owner, by: customers, address: address)
        }
    }
}
