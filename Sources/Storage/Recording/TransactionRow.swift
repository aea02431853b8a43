package import Billing

/// A `Transaction` as a row of the transactions table.
package struct TransactionRow: Sendable {
    package let transaction: Transaction
    package let body: [UInt8]
    package let searchText: String

    package init(_ transaction: Transaction, body: [UInt8]) {
        self.transaction = transaction
        self.body = body
        searchText = Self.searchText(transaction)
    }

    package init(_ transaction: Transaction) {
        self.init(transaction, body: TransactionCoding.encode(transaction))
    }

    /// The text that a search looks in: ids, the amount in both formats, the payment method, the description.
    private static func searchText(_ transaction: Transaction) -> String {
        [
            transaction.id, transaction.charge, transaction.paymentIntent, transaction.invoice,
            transaction.receipt.number, transaction.money.display, transaction.money.decimalText,
            transaction.paymentMethod?.label, transaction.description,
        ]
        .compactMap(\.self).joined(separator: "\n").lowercased()
    }
}
