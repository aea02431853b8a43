/// The kinds of Stripe objects that we read, with Stripe's names, and one of our own.
package enum ObjectKind: String, Sendable, CaseIterable {
    case paymentIntent = "payment_intent"
    case charge
    case refund
    case dispute
    case checkoutSession = "checkout.session"
    case invoice
    case invoicePayment = "invoice_payment"
    case customer
    case earlyFraudWarning = "radar.early_fraud_warning"
    case review
    /// No object of Stripe's: see ``Credit``.
    case credit
}

/// Identifies one Stripe object, known or not.
package struct ObjectReference: Hashable, Comparable, Sendable {
    package let kind: ObjectKind
    package let id: String

    package init(_ kind: ObjectKind, _ id: String) {
        self.kind = kind
        self.id = id
    }

    package static func < (left: ObjectReference, right: ObjectReference) -> Bool {
        (left.kind.rawValue, left.id) < (right.kind.rawValue, right.id)
    }
}

/// The form of an id for Stripe, and of a key for us: 1 to 255 visible ASCII characters.
package enum StripeID {
    package static let maximumLength = 255

    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= maximumLength && bytes.allSatisfy { 0x21...0x7E ~= $0 }
    }
}
