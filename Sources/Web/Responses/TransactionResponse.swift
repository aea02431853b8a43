import Billing
import JSON

/// A transaction in the API's format.
///
/// Missing values are null, as in Stripe's API; `kind` is only in credits, `succeeded_at` only in a purchase that
/// was paid later than it was made.
struct TransactionResponse: JSONObject {
    let transaction: Transaction
    /// `nil` if there is no receipt.
    let receiptLink: String?
    var attempts: [PaymentAttempt]?
    var events: [String]?

    init(_ transaction: Transaction, links: LinkSigner, now: Instant) {
        self.transaction = transaction
        receiptLink =
            transaction.receipt.available
            ? links.receiptLink(.init(transaction, for: .receipt), now: now) : nil
    }

    func write(to json: inout JSONWriter) {
        json.nullable("account", transaction.account)
        json.member("amount", transaction.amount)
        json.member("amount_display", transaction.money.display)
        json.member("amount_refunded", transaction.amountRefunded)
        if let attempts { json.array("attempts", attempts, Self.write) }
        json.member("bonus", transaction.bonus)
        json.nullable("charge", transaction.charge)
        json.member("created", transaction.created)
        json.member("currency", transaction.currency)
        json.nullable("customer", transaction.customer)
        json.nullable("description", transaction.description)
        json.nullable("dispute", transaction.dispute)
        json.member("disputed", transaction.disputed)
        json.member("events", events)
        json.nullable("failure", transaction.failure, Self.write)
        json.member("id", transaction.id)
        json.nullable("invoice", transaction.invoice)
        json.member("kind", transaction.creditKind?.rawValue)
        json.member("livemode", transaction.livemode)
        json.nullable("next_action", transaction.nextAction) { json, action in
            json.member("type", action.type)
            // Absent, not null, if Stripe has no page for the step.
            json.member("url", action.url)
        }
        json.member("object", "transaction")
        json.nullable("payment_intent", transaction.paymentIntent)
        json.nullable("payment_method", transaction.paymentMethod, Self.write)
        json.nullable("presentment", transaction.presentment) { json, presentment in
            json.member("amount", presentment.money.minorUnits)
            json.member("amount_display", presentment.money.display)
            json.member("currency", presentment.money.currency)
        }
        json.object("receipt") { json in
            json.member("available", transaction.receipt.available)
            json.nullable("number", transaction.receipt.number)
            json.nullable("url", receiptLink)
        }
        json.nullable("reference", transaction.reference)
        json.nullable("refund", transaction.refund)
        json.member("status", transaction.status)
        json.member("succeeded_at", transaction.succeededAt)
        json.member("type", transaction.type.rawValue)
    }

    private static func write(_ json: inout JSONWriter, _ method: PaymentMethod) {
        json.nullable("brand", method.brand)
        json.member("label", method.label)
        json.nullable("last4", method.last4)
        json.member("type", method.type)
    }

    private static func write(_ json: inout JSONWriter, _ failure: Transaction.Failure) {
        json.nullable("code", failure.code)
        json.nullable("decline_code", failure.declineCode)
        json.nullable("message", failure.message)
    }

    private static func write(_ json: inout JSONWriter, _ attempt: PaymentAttempt) {
        json.member("amount", attempt.amount)
        json.member("charge", attempt.charge)
        json.member("created", attempt.created)
        json.nullable("failure", attempt.failure, write)
        json.nullable("payment_method", attempt.paymentMethod, write)
        json.member("status", attempt.status)
    }
}
