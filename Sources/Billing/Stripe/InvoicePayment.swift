/// The fields that we read of an InvoicePayment: since basil (2025-03-31) the only link from an invoice to
/// its payment.
package final class InvoicePayment: StripeObjectProtocol {
    package static let kind = ObjectKind.invoicePayment

    /// The object that paid the invoice.
    package struct Payment: Sendable {
        package let type: String?
        package let paymentIntent: Expandable<PaymentIntent>?
        package let charge: Expandable<Charge>?
    }

    package let id: String
    package let invoice: Expandable<Invoice>?
    package let status: String?
    package let payment: Payment?
    /// The amount of the invoice that this payment covers, in minor units.
    package let amountPaid: Int64?

    package var isPaid: Bool { status == "paid" || status == nil }

    /// Whether the invoice was paid outside Stripe, and the merchant only recorded the payment.
    var isOutOfBand: Bool {
        payment?.type == "payment_record" || payment?.type == "out_of_band_payment"
    }

    package var links: [ObjectReference] {
        [invoice?.reference, payment?.paymentIntent?.reference, payment?.charge?.reference].compactMap(\.self)
    }

    package var expanded: [StripeObject] {
        [
            invoice?.object.map(StripeObject.invoice),
            payment?.paymentIntent?.object.map(StripeObject.paymentIntent),
            payment?.charge?.object.map(StripeObject.charge),
        ].compactMap(\.self)
    }

    package var progress: [Int64] {
        switch status {
        case "paid": [2]
        case "canceled": [1]
        default: [0]
        }
    }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        invoice = try json.reference("invoice", rendering)
        status = json.string("status")
        amountPaid = try json.amount("amount_paid")
        if let payment = json["payment"] {
            guard payment.isObject else { throw .wrong(payment, "is not an object") }
            self.payment = try Payment(payment, rendering)
        } else {
            payment = nil
        }
    }

    package func write(to json: inout JSONWriter) {
        json.member("amount_paid", amountPaid)
        json.member("id", id)
        json.member("invoice", invoice?.id)
        if let payment { json.object("payment") { payment.write(to: &$0) } }
        json.member("status", status)
    }
}

extension InvoicePayment.Payment {
    init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        type = json.string("type")
        paymentIntent = try json.reference("payment_intent", rendering)
        charge = try json.reference("charge", rendering)
    }

    func write(to json: inout JSONWriter) {
        json.member("charge", charge?.id)
        json.member("payment_intent", paymentIntent?.id)
        json.member("type", type)
    }
}
