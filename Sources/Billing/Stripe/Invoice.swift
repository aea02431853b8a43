/// What we read of an invoice.
///
/// It makes a row only when it was paid outside Stripe; otherwise its payment does.
package final class Invoice: StripeObjectProtocol {
    package static let kind = ObjectKind.invoice

    package let id: String
    package let amountPaid: Int64
    /// What coupons took off it.
    package let amountDiscounted: Int64
    package let currency: Currency
    package let created: Instant
    package let statusText: String?
    package let paid: Bool?
    package let paidOutOfBand: Bool?
    package let number: String?
    package let receiptNumber: String?
    package let description: String?
    package let customer: Expandable<Customer>?
    /// Sent by API versions before 2025-03-31 (basil).
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?
    /// Sent since basil, and only where somebody asked to expand it.
    package let payments: [InvoicePayment]

    package var isPaid: Bool { statusText == "paid" || paid == true }

    package var links: [ObjectReference] {
        [charge?.reference, paymentIntent?.reference].compactMap(\.self)
            + payments.flatMap { [$0.reference] + $0.links }
    }

    package var expanded: [StripeObject] {
        [
            charge?.object.map(StripeObject.charge),
            paymentIntent?.object.map(StripeObject.paymentIntent),
            customer?.object.map(StripeObject.customer),
        ].compactMap(\.self) + payments.map(StripeObject.invoicePayment)
    }

    package var progress: [Int64] {
        let rank: Int64 =
            switch statusText {
            case "draft": 0
            case "uncollectible": 2
            case "void": 3
            case "paid": 4
            default: paid == true ? 4 : 1
            }
        return [rank, amountPaid]
    }

    // MARK: JSON

    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.identity("id")
        currency = try json.requiredCurrency("currency")
        // Called `date` before API version 2019-03-14.
        created = try json.requiredInstant(json["created"] == nil ? "date" : "created")
        statusText = json.string("status")
        paid = json.bool("paid")
        paidOutOfBand = json.bool("paid_out_of_band")
        // `amount_paid` is younger than `paid`: what was due on a paid invoice is what was paid.
        let due = try json.amount("amount_due")
        amountPaid = try json.amount("amount_paid") ?? (paid == true ? due : nil) ?? 0
        amountDiscounted = try Self.discounts(json).reduce(0, &+)
        number = json.text("number")
        receiptNumber = json.text("receipt_number")
        description = json.text("description")
        customer = try json.reference("customer")
        charge = try json.reference("charge")
        paymentIntent = try json.reference("payment_intent")
        payments = try json.list("payments") ?? []
    }

    /// Nothing is said of which coupon took what off by API versions before 2020-08-27: an invoice had one then.
    private static func discounts(_ json: JSONValue) throws(JSONFieldError) -> [Int64] {
        if let amounts = json["total_discount_amounts"]?.elements {
            var discounts: [Int64] = []
            for amount in amounts { discounts.append(try amount.requiredAmount("amount")) }
            return discounts
        }
        guard json["discount"] != nil, let subtotal = try json.amount("subtotal"),
            let total = try json.amount("total")
        else { return [] }
        return [max(0, subtotal &+ (try json.amount("tax") ?? 0) &- total)]
    }

    /// Writes what is read again.
    ///
    /// The payments inside are snapshots of their own and not repeated.
    package func write(to json: inout JSONWriter) {
        json.member("amount_paid", amountPaid)
        json.member("charge", charge?.id)
        json.member("created", created.unixSeconds)
        json.member("currency", currency.code)
        json.member("customer", customer?.id)
        json.member("description", description)
        json.member("id", id)
        json.member("number", number)
        json.member("paid", paid)
        json.member("paid_out_of_band", paidOutOfBand)
        json.member("payment_intent", paymentIntent?.id)
        json.member("receipt_number", receiptNumber)
        json.member("status", statusText)
        if amountDiscounted != 0 {
            json.array("total_discount_amounts", [amountDiscounted]) { $0.member("amount", $1) }
        }
    }
}
