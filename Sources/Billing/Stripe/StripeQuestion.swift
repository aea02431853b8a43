/// A question to be put to Stripe's API later, because rows would be better for the answer.
package enum StripeQuestion: Hashable, Sendable {
    /// What an object is like now.
    case object(ObjectReference)
    /// Which refunds a charge has, all of them.
    case refunds(charge: String)
    /// What an invoice was paid with.
    case payments(invoice: String)
    /// What happened to the object that a thin event, named by its id, tells of.
    case thinEvent(String)

    /// How long Stripe is given to send the answer by itself before it is asked.
    ///
    /// Most events of a payment come within seconds of each other; `invoice_payment.paid` comes twenty seconds after
    /// the invoice's.
    package var patienceSeconds: Int64 {
        switch self {
        case .payments: 60
        case .object, .refunds, .thinEvent: 15
        }
    }

    /// What can be asked about an object.
    package static func about(_ reference: ObjectReference) -> [StripeQuestion] {
        switch reference.kind {
        case .charge: [.object(reference), .refunds(charge: reference.id)]
        case .invoice: [.object(reference), .payments(invoice: reference.id)]
        default: [.object(reference)]
        }
    }

    // MARK: As text

    /// What is asked, in a word: `charge` for an object, `charge.refunds` for what belongs to one.
    package var topic: String {
        switch self {
        case .object(let reference): reference.kind.rawValue
        case .refunds: "charge.refunds"
        case .payments: "invoice.payments"
        case .thinEvent: "thin_event"
        }
    }

    /// The id of what is asked about.
    package var subject: String {
        switch self {
        case .object(let reference): reference.id
        case .refunds(let id), .payments(let id), .thinEvent(let id): id
        }
    }

    /// Reads what ``topic`` and ``subject`` wrote; nil for a topic of no version of ours, or of a later one.
    package init?(topic: String, subject: String) {
        switch topic {
        case "charge.refunds": self = .refunds(charge: subject)
        case "invoice.payments": self = .payments(invoice: subject)
        case "thin_event": self = .thinEvent(subject)
        default:
            guard let kind = ObjectKind(rawValue: topic) else { return nil }
            self = .object(ObjectReference(kind, subject))
        }
    }
}

extension StripeQuestion: Comparable {
    package static func < (left: StripeQuestion, right: StripeQuestion) -> Bool {
        (left.topic, left.subject) < (right.topic, right.subject)
    }
}
