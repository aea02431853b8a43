/// The kind of object in each type of event.
package enum EventFamily {
    /// - Returns: `nil` for a type without information about a payment.
    package static func objectKind(of eventType: String) -> ObjectKind? {
        switch eventType {
        case "customer.created", "customer.updated", "customer.deleted": .customer
        // Our own types, for objects that the service fetched; the types for other fetched objects match the
        // prefixes below.
        case "customer.fetched": .customer
        case "dispute.fetched": .dispute
        case Credit.eventType: .credit
        // A preview of an invoice that does not exist yet, without an id.
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

    /// The types with a meaning for the feed or for operators, in Stripe's spelling and sorted.
    ///
    /// A webhook endpoint at Stripe must be registered for these types, and missed events are requested by
    /// them. A newer type of the same families is read too, if it arrives.
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
