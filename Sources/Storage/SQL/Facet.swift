import Billing

/// The type, currency and status of a transaction as one number.
///
/// The indexes of the feed begin with it, so that the rows of a filter are found in their order without
/// reading those that it leaves out. The numbers are stored: neither list may lose or move an entry.
struct Facet: Hashable, Sendable {
    private static let types: [Transaction.Kind] = [.purchase, .refund, .dispute, .credit]

    /// Every status that Stripe documents for a refund or a dispute, and those of our purchases and credits.
    ///
    /// <https://docs.stripe.com/api/refunds/object#refund_object-status>,
    /// <https://docs.stripe.com/api/disputes/object#dispute_object-status>
    private static let statuses = [
        "succeeded", "pending", "requires_action", "failed", "canceled", "needs_response", "under_review",
        "won", "lost", "warning_needs_response", "warning_under_review", "warning_closed", "prevented",
        "charge_refunded", "granted", "revoked",
    ]

    /// Stands for every value that has no number of its own.
    private static let other = (status: Int64(255), currency: Int64(0x7FFF))

    let number: Int64

    init(number: Int64) { self.number = number }

    init(_ type: Transaction.Kind, _ status: String, _ currency: Currency) {
        let index = Int64(Self.types.firstIndex(of: type) ?? Self.types.count)
        number = index << 23 | Self.number(of: currency) << 8 | Self.number(of: status)
    }

    private static func number(of status: String) -> Int64 {
        statuses.firstIndex(of: status).map(Int64.init) ?? other.status
    }

    /// The three letters as digits to the base 26.
    private static func number(of currency: Currency) -> Int64 {
        let letters = currency.code.utf8
        guard letters.count == 3, letters.allSatisfy({ 0x61...0x7A ~= $0 }) else { return other.currency }
        return letters.reduce(0) { $0 &* 26 &+ Int64($1) &- 0x61 }
    }

    /// The type of the rows; `nil` for a type that a later version added.
    var type: Transaction.Kind? {
        Int(exactly: number >> 23).flatMap { Self.types.indices.contains($0) ? Self.types[$0] : nil }
    }

    /// The currency of the rows; `nil` if that has no number of its own.
    var currency: Currency? {
        let number = number >> 8 & 0x7FFF
        guard number != Self.other.currency else { return nil }
        let letters = [number / 676, number / 26 % 26, number % 26].map {
            UInt8(truncatingIfNeeded: $0 &+ 0x61)
        }
        return Currency(String(decoding: letters, as: UTF8.self))
    }

    /// Whether rows of this facet may match a filter.
    func mayMatch(_ filter: TransactionFilter) -> Bool {
        guard let type, filter.types.contains(type) else { return false }
        if let status = filter.status, number & 0xFF != Self.number(of: status) { return false }
        if let currency = filter.currency, number >> 8 & 0x7FFF != Self.number(of: currency) { return false }
        return true
    }

    /// Whether all rows of this facet have the status and the currency that a filter asks for, once they may.
    func isExact(for filter: TransactionFilter) -> Bool {
        (filter.status == nil || number & 0xFF != Self.other.status)
            && (filter.currency == nil || number >> 8 & 0x7FFF != Self.other.currency)
    }
}
