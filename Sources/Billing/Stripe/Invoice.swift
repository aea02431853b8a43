package import JSON

/// The fields that we read of an invoice.
///
/// An invoice makes a row only if it was paid outside Stripe; otherwise its payment makes the row.
package final class Invoice: StripeObjectProtocol {
    package static let kind = ObjectKind.invoice

    package let id: String
    /// The total amount paid, including payments outside Stripe.
    ///
    /// Bodies before basil omit payments outside Stripe: there this is the amount due.
    package let amountPaid: Int64
    /// The amount paid outside Stripe; `nil` if the body cannot show it.
    let amountPaidOffStripe: Int64?
    /// The total discount of coupons.
    package let amountDiscounted: Int64
    package let currency: Currency
    package let created: Instant
    let statusText: String?
    package let paid: Bool?
    let paidOutOfBand: Bool?
    package let number: String?
    let receiptNumber: String?
    package let description: String?
    package let customer: Expandable<Customer>?
    /// Sent by API versions before 2025-03-31 (basil).
    package let charge: Expandable<Charge>?
    package let paymentIntent: Expandable<PaymentIntent>?
    /// Sent since basil, and only if expanded.
    package let payments: [InvoicePayment]

    package var isPaid: Bool { statusText == "paid" || paid == true }

    package var stated: VersionedFields { amountPaidOffStripe == nil ? [] : .invoicePaidOffStripe }

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

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        currency = try json.requiredCurrency("currency")
        // Named `date` before API version 2019-03-14.
        created = try json.requiredInstant(json["created"] == nil ? "date" : "created")
        statusText = json.string("status")
        paid = json.bool("paid")
        paidOutOfBand = json.bool("paid_out_of_band")
        amountDiscounted = try Self.discounts(json)
        number = json.text("number")
        receiptNumber = json.text("receipt_number")
        description = json.text("description")
        customer = try json.reference("customer", rendering)
        charge = try json.reference("charge", rendering)
        paymentIntent = try json.reference("payment_intent", rendering)
        payments = try json.list("payments", rendering) ?? []

        let isPaid = statusText == "paid" || paid == true
        // `amount_paid` is newer than `paid`: in bodies without it, a paid invoice's amount due is the amount
        // paid.
        let due = try json.amount("amount_due")
        let stated = try json.amount("amount_paid") ?? (paid == true ? due : nil) ?? 0
        // Only bodies before basil have `paid_out_of_band`.
        if !rendering.isStored, rendering.isBefore(.basil) || paidOutOfBand != nil, isPaid {
            amountPaid = max(stated, due ?? 0)
            // Before basil an invoice named its charge, so an invoice that names neither a charge nor a
            // PaymentIntent was paid outside Stripe. A PaymentIntent proves no payment through Stripe,
            // because it is created when the invoice is finalized
            // (https://docs.stripe.com/api/invoices/object?api-version=2020-08-27).
            let isOutside = paidOutOfBand ?? (charge == nil && paymentIntent == nil)
            let rest = amountPaid.subtractingClamped(stated)
            if isOutside {
                amountPaidOffStripe = charge == nil ? amountPaid : rest
            } else {
                let isToldInPart = paidOutOfBand == nil && json["amount_paid"] != nil && rest > 0
                amountPaidOffStripe = isToldInPart ? rest : nil
            }
        } else {
            amountPaid = stated
            let isListedWhole =
                !rendering.isStored && isPaid && json["payments"]?.bool("has_more") == false
                && payments.allSatisfy { $0.amountPaid != nil }
            let throughStripe = payments.filter { $0.isPaid && !$0.isOutOfBand }
                .reduce(Int64(0)) { $0.addingClamped($1.amountPaid ?? 0) }
            amountPaidOffStripe =
                try json.amount("amount_paid_off_stripe")
                ?? (isListedWhole ? max(0, stated.subtractingClamped(throughStripe)) : nil)
        }
    }

    /// The total discount of all coupons.
    ///
    /// API versions before 2020-08-27 do not list discounts by coupon, because an invoice had only one.
    /// Totals in bodies of 2018 can be negative, if a downgrade adds money to the customer's balance.
    ///
    /// - Returns: At most the largest amount, because the value is stored as an amount.
    private static func discounts(_ json: JSONValue) throws(JSONFieldError) -> Int64 {
        min(try sumOfDiscounts(json), Money.largestTold)
    }

    private static func sumOfDiscounts(_ json: JSONValue) throws(JSONFieldError) -> Int64 {
        let subtotal = try json.signedAmount("subtotal")
        guard subtotal ?? 0 >= 0 else { return 0 }
        if let amounts = json["total_discount_amounts"]?.elements {
            var sum: Int64 = 0
            for amount in amounts { sum = sum.addingClamped(try amount.requiredAmount("amount")) }
            return sum
        }
        guard json["discount"] != nil, let subtotal, let total = try json.signedAmount("total") else {
            return 0
        }
        // The subtotal already includes inclusive taxes (`total_tax_amounts`, since 2019-05).
        let amounts = json["total_tax_amounts"]?.elements ?? []
        var taxed = subtotal.addingClamped(amounts.isEmpty ? try json.amount("tax") ?? 0 : 0)
        for amount in amounts where amount.bool("inclusive") != true {
            taxed = taxed.addingClamped(try amount.requiredAmount("amount"))
        }
        return max(0, taxed.subtractingClamped(max(0, total)))
    }

    /// Writes the fields that the initializer reads.
    ///
    /// The payments are stored as snapshots of their own.
    package func write(to json: inout JSONWriter) {
        json.member("amount_paid", amountPaid)
        json.member("amount_paid_off_stripe", amountPaidOffStripe)
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
