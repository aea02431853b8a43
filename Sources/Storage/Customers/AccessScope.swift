package import Billing

/// The customers whose rows a caller may read.
///
/// Every read of the feed, of a receipt and of a balance takes an access scope, so that no read can omit the check.
package enum AccessScope: Sendable, Equatable {
    case anyCustomer
    /// Only these customers; an empty list matches no row.
    case customers([CustomerKey])

    /// The customer, if it is only one.
    var onlyCustomer: CustomerKey? {
        guard case .customers(let customers) = self, customers.count == 1 else { return nil }
        return customers.first
    }

    package func includes(_ customer: CustomerKey) -> Bool {
        switch self {
        case .anyCustomer: true
        case .customers(let own): own.contains(customer)
        }
    }

    package func includes(_ row: Transaction) -> Bool {
        switch self {
        case .anyCustomer: true
        case .customers: row.owner.map(includes) ?? false
        }
    }

    /// The customers that both allow.
    package func restricted(to customers: [CustomerKey]) -> AccessScope {
        .customers(customers.filter(includes))
    }
}

extension Transaction {
    /// `nil` for a payment without a customer.
    package var owner: CustomerKey? { customer.map { CustomerKey($0, account: account) } }
}
