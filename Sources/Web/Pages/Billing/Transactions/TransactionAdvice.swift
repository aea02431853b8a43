import Billing
import Storage

extension Transaction {
    /// Whether the payment went over a blockchain, where the reference is the transaction's hash
    /// (<https://docs.stripe.com/api/refunds/object#refund_object-destination_details-crypto>).
    var isCrypto: Bool { paymentMethod?.type == "crypto" }

    /// The label of the reference.
    var referenceTerm: String { isCrypto ? "Transaction hash" : "Bank reference" }
}

/// The advice for the customer on a row: a sentence on what to do or wait for; most rows have none.
enum TransactionAdvice {
    /// The sentences in reading order; the payment is `nil` if it is no longer stored.
    static func sentences(on row: Transaction, payment: PaymentDetail?) -> [String] {
        switch row.type {
        case .purchase: [purchase(row)].compactMap(\.self)
        case .refund:
            [
                refund(row, pendingReason: payment?.group.pendingReason(ofRefund: row.id)),
                // https://docs.stripe.com/refunds#tracing-refunds
                row.reference != nil && !row.isCrypto
                    ? "Give this reference to your bank to trace the refund." : nil,
            ].compactMap(\.self)
        case .dispute, .credit: []
        }
    }

    private static func purchase(_ row: Transaction) -> String? {
        guard row.status == "requires_action", row.nextAction?.url == nil else { return nil }
        return switch row.nextAction?.type {
        case "blik_authorize": "Confirm this payment in your bank's app."
        default: "This payment waits for you. Go back to where you began it, and complete it there."
        }
    }

    /// The advice for a refund; Stripe explains the reasons at
    /// <https://docs.stripe.com/changelog/basil/2025-04-30/refund-pending-reason>.
    private static func refund(_ row: Transaction, pendingReason: String?) -> String? {
        switch (row.status, pendingReason) {
        case ("pending", "processing"):
            // https://docs.stripe.com/refunds: 5 to 10 business days.
            "This refund is on its way to you. It can take 5 to 10 business days until your bank shows it."
        case ("pending", "insufficient_funds"):
            "This refund waits until there is enough money in our account with Stripe. You need not do anything."
        case ("pending", "charge_pending"):
            "This refund waits until your payment has arrived. You need not do anything."
        case ("requires_action", _):
            // https://docs.stripe.com/refunds#requires-action: only the e-mail has the link.
            "Stripe has sent you an e-mail that asks for your bank details. Enter them there: without them this refund fails."
        default: nil
        }
    }
}
