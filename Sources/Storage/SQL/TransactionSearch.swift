import Billing

/// A search in the rows of the feed: the text that the caller typed, without regard to case.
///
/// No table has the text that is searched: it would be as long as the row, and is made only to be read here.
struct TransactionSearch {
    private let sought: [UInt8]

    init(_ text: String) { sought = Array(text.lowercased().utf8) }

    /// Whether the text is in the ids, the amount in either format, the payment method or the description.
    func finds(_ row: Transaction) -> Bool {
        let searched: [String?] = [
            row.id, row.charge, row.paymentIntent, row.invoice, row.receipt.number, row.money.display,
            row.money.decimalText, row.paymentMethod?.label, row.description,
        ]
        var text = searched.compactMap(\.self).joined(separator: "\n").lowercased()
        return text.withUTF8 { contains($0) }
    }

    private func contains(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = sought.first else { return true }
        guard text.count >= sought.count else { return false }
        for start in 0...(text.count &- sought.count) where text[start] == first {
            if text[start..<(start &+ sought.count)].elementsEqual(sought) { return true }
        }
        return false
    }
}
