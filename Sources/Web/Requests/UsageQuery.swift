import Storage
import Billing
import Hummingbird

extension QueryReader {
    /// Reads a day in UTC.
    mutating func date(_ name: String) throws(APIError) -> CalendarDate? {
        guard let text = text(name) else { return nil }
        guard let date = CalendarDate(text) else { throw .invalid(name, "Give a date such as 2026-11-25.") }
        return date
    }

    /// Reads `from` and `to`, both inclusive and no later than today; by default the last 31 days.
    mutating func dates(
        _ first: String = "from",
        _ last: String = "to",
        today: CalendarDate,
        atMost limit: Int64 = 366
    ) throws(APIError) -> ClosedRange<CalendarDate> {
        let end = try date(last)
        let begin = try date(first)
        let through = end ?? max(today, begin ?? today)
        let from = begin ?? through.adding(days: -30)
        guard from <= through else {
            throw .invalid(end == nil ? first : last, "\(last) lies before \(first).")
        }
        let range = (from...through).limited(to: today)
        guard range.lowerBound.distance(to: range.upperBound) < limit else {
            throw .invalid(end == nil ? first : last, "Ask for at most \(limit) days.")
        }
        return range
    }

    private enum GroupingName: String, CaseIterable { case provider, gpuModel = "gpu_model", deployment, tag }

    /// Reads a grouping; `tag` names the key of the tag to group by.
    mutating func usageGrouping(_ name: String) throws(APIError) -> UsageGrouping? {
        let chosen: GroupingName? = try choice(name)
        let key = text("tag")
        guard chosen == .tag || key == nil else { throw .invalid("tag", "A tag goes with \(name)=tag.") }
        switch chosen {
        case nil: return nil
        case .provider: return .provider
        case .gpuModel: return .gpuModel
        case .deployment: return .deployment
        case .tag:
            guard let key, TagText.isKey(key) else {
                throw .invalid("tag", "Give the key of the tag to group by, such as team.")
            }
            return .tag(key)
        }
    }

    /// Reads a deployment in the form `owner/dseq`.
    mutating func deployment(_ name: String) throws(APIError) -> DeploymentTags.Deployment? {
        guard let text = text(name) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, ChainName.isValid(parts[0]), let dseq = Int64(parts[1]), dseq >= 0 else {
            throw .invalid(name, "Give the id of a deployment of the list, such as akash1…/123.")
        }
        return DeploymentTags.Deployment(owner: parts[0], dseq: dseq)
    }

    /// Reads `customer` or `owner`, but not both; without either, a caller with customers of their own gets
    /// all of them.
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
                throw .invalid("customer", "Name a customer or an owner.")
            }
            return customers.usage
        }
    }
}

extension ClosedRange<CalendarDate> {
    /// Moves each end that is after today to today.
    ///
    /// Later days have no data, and each day of a range costs work, so a range far in the future must not be
    /// iterated.
    func limited(to today: CalendarDate) -> Self { clamped(to: Swift.min(lowerBound, today)...today) }
}

extension Caller {
    /// The usage of an address, limited to the days on which one of the caller's customers had the address.
    func subject(owner: String) -> UsageSubject {
        switch accessScope {
        case .anyCustomer: .owner(owner)
        case .customers(let customers): .owned(owner, by: customers, address: address)
        }
    }
}

extension Caller {
    /// The customer in the request, or all of the caller's own customers; `nil` if the caller may
    /// see all customers and the request names none.
    ///
    /// - Throws: ``APIError`` for a customer that the caller may not see.
    func customers(named customer: CustomerKey?) throws(APIError) -> CustomerGroup? {
        guard case .customers(let customers) = try accessScope.restricted(toNamed: customer) else {
            return nil
        }
        return CustomerGroup(customers: customers, address: address)
    }
}
