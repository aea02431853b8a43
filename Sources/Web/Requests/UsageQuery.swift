import Billing
import Hummingbird

extension QueryReader {
    /// A day in UTC.
    mutating func date(_ name: String) throws(APIError) -> CivilDate? {
        guard let text = text(name) else { return nil }
        guard let date = CivilDate(text) else { throw .invalid(name, "Give a date such as 2026-11-25.") }
        return date
    }

    /// `from` and `to`, both inclusive: the last 31 days where they do not say.
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
        return from...through
    }

    /// `customer` or `owner`, one of them.
    mutating func usageSubject(_ caller: Caller) throws(APIError) -> UsageSubject {
        let owner = text("owner")
        var customer = try identifier("customer")
        if customer == nil, owner == nil, case .own(let own, _) = caller.reach { customer = own }
        if let owner, !ChainName.isValid(owner) {
            throw .invalid("owner", "This is not an address on chain.")
        }
        switch (customer, owner) {
        case (let customer?, nil):
            guard caller.maySee(customer: customer) else { throw .noSuch("customer") }
            return .customer(customer)
        case (nil, let owner?):
            // Whose an address is, its customer may not know better than we do.
            guard caller.reach == .anyCustomer else { throw .noSuch("customer") }
            return .owner(owner)
        case (nil, nil): throw .invalid("customer", "Say whose usage you want: customer or owner.")
        case (_?, _?): throw .invalid("owner", "Give either customer or owner, not both.")
        }
    }
}
