import Storage

/// Customers that are shown together: one customer, or all customers of one user.
struct CustomerGroup: Sendable, Equatable {
    let customers: [CustomerKey]
    /// An address that the session vouches for; see `UsageSubject`.
    let address: String?

    /// The customer, if there is only one; sums over several customers belong to none of them.
    var named: CustomerKey? { customers.count == 1 ? customers[0] : nil }

    var accessScope: AccessScope { .customers(customers) }
    var usage: UsageSubject { .customers(customers, address: address) }
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
