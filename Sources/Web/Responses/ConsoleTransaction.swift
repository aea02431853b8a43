import Billing
import JSON

/// A payment, a claimed coupon or a credit given by hand, in the format that Console's page reads.
///
/// Optional fields without a value are omitted, as in Console.
struct ConsoleTransaction: JSONObject {
    private let row: Transaction
    private let receiptURL: String?

    init(_ row: Transaction, links: LinkSigner, now: Instant) {
        self.row = row
        receiptURL = row.receipt.available ? links.receiptLink(.init(row, for: .receipt), now: now) : nil
    }

    private var type: String {
        guard row.type == .credit else { return "payment_intent" }
        return row.creditKind == .manual ? "manual_credit" : "coupon_claim"
    }

    /// Console has a status for a full refund and none for a partial refund.
    private var status: String {
        if row.amountRefunded > 0, row.amountRefunded >= row.amount { return "refunded" }
        return row.type == .credit ? "succeeded" : row.status
    }

    func write(to json: inout JSONWriter) {
        json.member("amount", row.amount)
        json.member("amountRefunded", row.amountRefunded)
        json.member("bonusAmount", row.bonus == 0 ? nil : row.bonus)
        json.member("cardBrand", row.paymentMethod?.brand)
        json.member("cardLast4", row.paymentMethod?.last4)
        json.member("created", row.created)
        json.member("currency", row.currency)
        json.member("description", row.description)
        json.member("id", row.id)
        json.member("receiptUrl", receiptURL)
        json.member("status", status)
        json.member("stripeInvoiceId", row.invoice)
        json.member("type", type)
    }

    static func columns(_ zone: LocalTime) -> [String] {
        [
            "Transaction ID", "Date (\(zone.name))", "Type", "Amount", "Bonus", "Refunded", "Currency",
            "Status",
            "Card Brand", "Card Last 4", "Description", "Invoice ID", "Receipt URL",
        ]
    }

    /// The row of a file without transactions.
    static let noneFound =
        ["No transactions found for the specified date range"] + Array(repeating: "", count: 12)

    /// A moment in the form of Canada's English, which Console asks for, such as `2026-11-23, 8:14:04 p.m.`.
    private static func date(_ moment: Instant, _ zone: LocalTime) -> String {
        let text = zone.text(moment)
        let time = text.suffix(8)
        let hour = Int(time.prefix(2)) ?? 0
        let half = hour < 12 ? "a.m." : "p.m."
        return "\(text.prefix(10)), \(hour % 12 == 0 ? 12 : hour % 12)\(time.dropFirst(2)) \(half)"
    }

    func cells(_ zone: LocalTime) -> [String] {
        func decimal(_ amount: Int64) -> String {
            Money(minorUnits: amount, currency: row.currency).decimalText
        }
        return [
            row.id, Self.date(row.created, zone), type, decimal(row.amount), decimal(row.bonus),
            decimal(row.amountRefunded),
            row.currency.code.uppercased(), status, row.paymentMethod?.brand ?? "",
            row.paymentMethod?.last4 ?? "", row.description ?? "", row.invoice ?? "", receiptURL ?? "",
        ]
    }
}
