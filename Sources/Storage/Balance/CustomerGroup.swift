/// Customers that are shown together: one customer, or all customers of one user.
package struct CustomerGroup: Sendable, Equatable {
    package let customers: [CustomerKey]
    /// An address that the session vouches for; see `UsageSubject`.
    package let address: String?

    package init(customers: [CustomerKey], address: String? = nil) {
        self.customers = customers
        self.address = address
    }

    /// The customer, if there is only one; sums over several customers belong to none of them.
    package var named: CustomerKey? { customers.count == 1 ? customers[0] : nil }

    package var accessScope: AccessScope { .customers(customers) }
    package var usage: UsageSubject { .customers(customers, address: address) }
}
