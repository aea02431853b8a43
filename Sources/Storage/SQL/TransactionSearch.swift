import Billing
import Database

/// A search in the rows of the feed: the text that the caller typed, without regard to case.
///
/// No table has the text that is searched: it would be as long as the row. The database leaves out most rows
/// by `condition(in:_:values:)`, and `finds(_:)` decides on the others.
struct TransactionSearch {
    private let sought: [UInt8]
    private let pattern: SearchPattern?

    init(_ text: String) {
        let text = text.lowercased()
        sought = Array(text.utf8)
        pattern = SearchPattern(ofLowercased: text)
    }

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

    // MARK: SQL

    /// The columns that ``finds(_:)`` searches as they are.
    private static let columns = [
        "id", "charge", "payment_intent", "invoice", "receipt_number", "payment_method_label", "description",
    ]

    /// Whether the database's condition finds the same rows of a facet as `finds(_:)`.
    func isExact(in facet: Facet) -> Bool {
        guard let pattern else { return sought.isEmpty }
        return pattern.isExact && AmountPattern(pattern.piece, in: facet.currency) == .never
    }

    /// Adds a condition that is true of all rows of a facet that ``finds(_:)`` finds, and of few others.
    func add(to conditions: inout Conditions, in facet: Facet, _ dialect: Dialect) {
        guard let pattern else { return }
        let amount = AmountPattern(pattern.piece, in: facet.currency)
        guard amount != .always else { return }
        var others: [String] = []
        if let digits = amount.digits {
            // As many zeros as the amount in decimals may have before its digits.
            let stored = "'000' || replace(CAST(amount AS TEXT), '-', '')"
            others.append(dialect.contains(stored, conditions.parameter(.text(digits))))
        }
        if let code = amount.code {
            others.append(dialect.contains("currency", conditions.parameter(.text(code))))
        }
        let found = [pattern.texts, pattern.stricter].filter { !$0.isEmpty }.map { texts in
            let likes = texts.flatMap { text in
                let parameter = conditions.parameter(.text(text))
                return Self.columns.map { dialect.isLike($0, parameter) }
            }
            return "(" + (likes + others).joined(separator: " OR ") + ")"
        }
        // For PostgreSQL's planner half of the rows fulfil a CASE: it walks along the index, and does not sort.
        conditions.add("CASE WHEN \(found.joined(separator: " AND ")) THEN TRUE ELSE FALSE END")
    }
}
