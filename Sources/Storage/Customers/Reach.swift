package import Billing

/// Whose rows may be read.
///
/// Every read of the feed, of a receipt and of a balance takes one, so that none can be forgotten.
package enum Reach: Sendable, Equatable {
    case anyCustomer
    /// These customers' alone; an empty list finds nothing.
    case customers([CustomerKey])

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

    /// What both reach.
    package func narrowed(to customers: [CustomerKey]) -> Reach { .customers(customers.filter(includes)) }
}

extension Transaction {
    /// `nil` for a payment without a customer.
    package var owner: CustomerKey? { customer.map { CustomerKey($0, account: account) } }
}
