package import Billing
package import Storage

extension TransactionFilter {
    /// The rows of one customer of one's own account, or of any.
    package init(
        customer: String? = nil,
        type: Transaction.Kind? = nil,
        status: String? = nil,
        currency: Currency? = nil,
        createdFrom: Instant? = nil,
        createdTo: Instant? = nil,
        search: String? = nil
    ) {
        self.init(
            customer.map { .customers([CustomerKey($0, account: nil)]) } ?? .anyCustomer,
            type: type,
            status: status,
            currency: currency,
            createdFrom: createdFrom,
            createdTo: createdTo,
            search: search
        )
    }

    init(ofCustomers customers: [String]) {
        self.init(.customers(customers.map { CustomerKey($0, account: nil) }))
    }

    /// Whether a filter finds a row, said as plainly as it can be.
    func admits(_ row: Transaction) -> Bool {
        guard accessScope.includes(row), types.contains(row.type) else { return false }
        if let status, status != row.status { return false }
        if let currency, currency != row.currency { return false }
        if let createdFrom, row.created < createdFrom { return false }
        if let createdTo, row.created > createdTo { return false }
        guard let search else { return true }
        let texts = [
            row.id, row.charge, row.paymentIntent, row.invoice, row.receipt.number, row.money.display,
            row.money.decimalText, row.paymentMethod?.label, row.description,
        ]
        return search.isEmpty
            || texts.contains { $0?.lowercased().contains(search.lowercased()) ?? false }
    }
}
