/// A question to ask Stripe's API later, because the answer would complete some rows.
package enum StripeFetchRequest: Hashable, Sendable {
    /// The current state of an object.
    case object(ObjectReference)
    /// All refunds of a charge.
    case refunds(charge: String)
    /// The payments of an invoice.
    case payments(invoice: String)
    /// The object of a thin event, which is named by the event's id.
    case thinEvent(String)

    /// How long to wait for an event with the answer before asking Stripe.
    ///
    /// Most events of a payment arrive within seconds of each other; `invoice_payment.paid` arrives twenty
    /// seconds after the invoice's.
    package var patienceSeconds: Int64 {
        switch self {
        case .payments: 60
        case .object, .refunds, .thinEvent: 15
        }
    }

    /// The possible questions about an object.
    package static func about(_ reference: ObjectReference) -> [StripeFetchRequest] {
        switch reference.kind {
        case .charge: [.object(reference), .refunds(charge: reference.id)]
        case .invoice: [.object(reference), .payments(invoice: reference.id)]
        default: [.object(reference)]
        }
    }

    // MARK: As text

    /// The kind of question in a word: `charge` for an object, `charge.refunds` for a list.
    package var topic: String {
        switch self {
        case .object(let reference): reference.kind.rawValue
        case .refunds: "charge.refunds"
        case .payments: "invoice.payments"
        case .thinEvent: "thin_event"
        }
    }

    /// The id of the object or event that the question is about.
    package var subject: String {
        switch self {
        case .object(let reference): reference.id
        case .refunds(let id), .payments(let id), .thinEvent(let id): id
        }
    }

    /// Decodes ``topic`` and ``subject``; `nil` for a topic that is unknown, such as one of a later version.
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

extension StripeFetchRequest: Comparable {
    package static func < (left: StripeFetchRequest, right: StripeFetchRequest) -> Bool {
        (left.topic, left.subject) < (right.topic, right.subject)
    }
}
