import Billing
import JSON

/// A payment or a claimed coupon, in the format that Console's page reads.
///
/// Optional fields without a value are omitted, as in Console.
struct ConsoleTransaction: JSONObject {
    private let row: Transaction
    private let receiptURL: String?

    init(_ row: Transaction, links: LinkSigner, now: Instant) {
        self.row = row
        receiptURL = row.receipt.available ? links.receiptLink(.init(row, for: .receipt), now: now) : nil
    }

    private var type: String { row.type == .credit ? "coupon_claim" : "payment_intent" }

    /// Console has a status for a full refund and none for a partial refund.
    private var status: String {
        if row.amountRefunded > 0, row.amountRefunded >= row.amount { return "refunded" }
        return row.type == .credit ? "succeeded" : row.status
    }

    func write(to json: inout JSONWriter) {
        json.member("amount", row.amount)
        json.member("amountRefunded", row.amountRefunded)
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

    func cells(_ zone: LocalTime) -> [String] {
        func decimal(_ amount: Int64) -> String {
            Money(minorUnits: amount, currency: row.currency).decimalText
        }
        return [
            row.id, zone.text(row.created), type, decimal(row.amount), "", decimal(row.amountRefunded),
            row.currency.code.uppercased(), status, row.paymentMethod?.brand ?? "",
            row.paymentMethod?.last4 ?? "", row.description ?? "", row.invoice ?? "", receiptURL ?? "",
        ]
    }
}
