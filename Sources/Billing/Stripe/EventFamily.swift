/// Which kind of object a type of event carries.
package enum EventFamily {
    /// - Returns: `nil` for a type that says nothing about a payment.
    package static func objectKind(of eventType: String) -> ObjectKind? {
        switch eventType {
        case "customer.created", "customer.updated", "customer.deleted": .customer
        // What we make of an object that we fetched ourselves; the others are of their families by their names.
        case "customer.fetched": .customer
        case "dispute.fetched": .dispute
        // A preview of an invoice that does not exist yet: it has no id.
        case "invoice.upcoming": nil
        case _ where eventType.hasPrefix("charge.dispute."): .dispute
        case _ where eventType.hasPrefix("charge.refund."): .refund
        case _ where eventType.hasPrefix("charge."): .charge
        case _ where eventType.hasPrefix("radar.early_fraud_warning."): .earlyFraudWarning
        case _ where eventType.hasPrefix("refund."): .refund
        case _ where eventType.hasPrefix("review."): .review
        case _ where eventType.hasPrefix("payment_intent."): .paymentIntent
        case _ where eventType.hasPrefix("checkout.session."): .checkoutSession
        case _ where eventType.hasPrefix("invoice_payment."): .invoicePayment
        case _ where eventType.hasPrefix("invoice."): .invoice
        default: nil
        }
    }

    /// The types that have a meaning for the feed or for operators today, in Stripe's spelling and sorted: what an endpoint at Stripe
    /// is to be registered for, and what is asked for when events were missed.
    ///
    /// A type of the same families that is newer than this list is read all the same when it comes.
    package static let projectedTypes = [
        "charge.captured", "charge.dispute.closed", "charge.dispute.created",
        "charge.dispute.funds_reinstated", "charge.dispute.funds_withdrawn", "charge.dispute.updated",
        "charge.expired", "charge.failed", "charge.pending", "charge.refund.updated", "charge.refunded",
        "charge.succeeded", "charge.updated",
        "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded",
        "checkout.session.completed", "checkout.session.expired",
        "customer.created", "customer.deleted", "customer.updated",
        "invoice.created", "invoice.deleted", "invoice.finalization_failed", "invoice.finalized",
        "invoice.marked_uncollectible", "invoice.overdue", "invoice.overpaid", "invoice.paid",
        "invoice.payment_action_required", "invoice.payment_attempt_required", "invoice.payment_failed",
        "invoice.payment_succeeded", "invoice.sent", "invoice.updated", "invoice.voided",
        "invoice.will_be_due", "invoice_payment.paid",
        "payment_intent.amount_capturable_updated", "payment_intent.canceled", "payment_intent.created",
        "payment_intent.partially_funded", "payment_intent.payment_failed", "payment_intent.processing",
        "payment_intent.requires_action", "payment_intent.succeeded",
        "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated",
        "refund.created", "refund.failed", "refund.updated",
        "review.closed", "review.opened",
    ]
}
