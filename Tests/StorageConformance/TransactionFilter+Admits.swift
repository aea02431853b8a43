import Billing
import Storage

extension TransactionFilter {
    init(ofCustomers customers: [String]) {
        self.init()
        self.customers = customers
    }

    /// Whether a filter finds a row, said as plainly as it can be.
    func admits(_ row: Transaction) -> Bool {
        if let customers {
            guard let customer = row.customer, customers.contains(customer) else { return false }
        }
        guard types.contains(row.type) else { return false }
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
