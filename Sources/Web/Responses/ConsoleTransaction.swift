import Billing
import JSON

/// A payment or a claimed coupon, in the format that Console's page reads.
///
/// Optional fields without a value are omitted, as in Console.
struct ConsoleTransaction: JSONObject {
    let id: String
    let type: String
    let amount: Int64
    let amountRefunded: Int64
    let currency: String
    let status: String
    let created: Int64
    let cardBrand: String?
    let cardLast4: String?
    let stripeInvoiceId: String?
    let receiptUrl: String?
    let description: String?

    init(_ row: Transaction, links: LinkSigner, now: Instant) {
        id = row.id
        type = row.type == .credit ? "coupon_claim" : "payment_intent"
        amount = row.amount
        amountRefunded = row.amountRefunded
        currency = row.currency.code
        // Console has a status for a full refund and none for a partial refund.
        let isRefunded = row.amountRefunded > 0 && row.amountRefunded >= row.amount
        status = isRefunded ? "refunded" : row.type == .credit ? "succeeded" : row.status
        created = row.created.unixSeconds
        cardBrand = row.paymentMethod?.brand
        cardLast4 = row.paymentMethod?.last4
        stripeInvoiceId = row.invoice
        receiptUrl = row.receipt.available ? links.receiptLink(.init(row, for: .receipt), now: now) : nil
        description = row.description
    }

    func write(to json: inout JSONWriter) {
        json.member("amount", amount)
        json.member("amountRefunded", amountRefunded)
        json.member("cardBrand", cardBrand)
        json.member("cardLast4", cardLast4)
        json.member("created", created)
        json.member("currency", currency)
        json.member("description", description)
        json.member("id", id)
        json.member("receiptUrl", receiptUrl)
        json.member("status", status)
        json.member("stripeInvoiceId", stripeInvoiceId)
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
            Money(minorUnits: amount, currency: Currency(currency)).decimalText
        }
        return [
            id, zone.text(Instant(unixSeconds: created)), type, decimal(amount), "", decimal(amountRefunded),
            currency.uppercased(), status, cardBrand ?? "", cardLast4 ?? "", description ?? "",
            stripeInvoiceId ?? "", receiptUrl ?? "",
        ]
    }
}
