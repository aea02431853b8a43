import Billing
import Foundation

/// A ``Transaction`` as a row of the transactions table.
struct TransactionRow: Sendable {
    let transaction: Transaction
    let body: Data
    let searchText: String

    init(_ transaction: Transaction, body: Data) {
        self.transaction = transaction
        self.body = body
        searchText = Self.searchText(transaction)
    }

    /// Equal rows give equal bytes.
    static func encode(_ transaction: Transaction) -> Data { Data(TransactionCoding.encode(transaction)) }

    static func decode(_ body: Data) throws -> Transaction {
        try body.withUnsafeBytes { try TransactionCoding.decode($0.bindMemory(to: UInt8.self)) }
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
