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

    init(ofCustomers customers: [String], type: Transaction.Kind? = nil) {
        self.init(.customers(customers.map { CustomerKey($0, account: nil) }), type: type)
    }

    /// Whether a filter finds a row, said as plainly as it can be.
    func admits(_ row: Transaction) -> Bool {
        guard accessScope.includes(row), types.contains(row.type) else { return false }
        if let creditKinds, row.type == .credit, row.creditKind.map(creditKinds.contains) != true {
            return false
        }
        if let status, status != row.status { return false }
        if let currency, currency != row.currency { return false }
        if let createdFrom, row.created < createdFrom { return false }
        if let createdTo, row.created > createdTo { return false }
        guard let search, !search.isEmpty else { return true }
        // Byte by byte, because equal texts of Swift may have different bytes.
        return Array(searchedText(row).lowercased().utf8).contains(Array(search.lowercased().utf8))
    }
}

/// The text that a search looks in.
func searchedText(_ row: Transaction) -> String {
    let texts = [
        row.id, row.charge, row.paymentIntent, row.invoice, row.receipt.number, row.money.display,
        row.money.decimalText, row.paymentMethod?.label, row.description,
    ]
    return texts.compactMap(\.self).joined(separator: "\n")
}
