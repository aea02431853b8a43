import Storage

/// Customers that are shown as one: the one that was named, or all of one user's.
struct CustomerGroup: Sendable, Equatable {
    let customers: [CustomerKey]
    /// An address that was vouched for; see `UsageSubject`.
    let address: String?

    /// The only one; what several have is added up, and is no one's.
    var named: CustomerKey? { customers.count == 1 ? customers[0] : nil }

    var reach: Reach { .customers(customers) }
    var usage: UsageSubject { .customers(customers, address: address) }
}

extension Caller {
    /// The customer that is asked about, or all of the caller's own where none is named; `nil` where that says nothing.
    ///
    /// - Throws: ``APIError`` for a customer that the caller may not see.
    func customers(named customer: CustomerKey?) throws(APIError) -> CustomerGroup? {
        guard case .customers(let customers) = try reach.narrowed(toNamed: customer) else { return nil }
        return CustomerGroup(customers: customers, address: address)
    }
}
