import Billing
import Foundation

/// A ``Transaction`` as a row of the transactions table.
enum TransactionRow {
    /// Equal rows give equal bytes.
    static func encode(_ transaction: Transaction) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(transaction)
    }

    static func decode(_ body: Data) throws -> Transaction {
        try JSONDecoder().decode(Transaction.self, from: body)
    }

    /// What a customer may look for: ids, the amount in either spelling, the payment method, the description.
    static func searchText(_ transaction: Transaction) -> String {
        [
            transaction.id, transaction.charge, transaction.paymentIntent, transaction.invoice,
            transaction.receipt.number, transaction.money.display, transaction.money.decimalText,
            transaction.paymentMethod?.label, transaction.description,
        ]
        .compactMap(\.self).joined(separator: "\n").lowercased()
    }
}
