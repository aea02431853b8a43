/// One of the kinds of Stripe object that a payment is told by.
package protocol StripeObjectProtocol: Codable, Sendable {
    static var kind: ObjectKind { get }
    var id: String { get }

    /// The objects this one names that belong to the same payment.
    var links: [ObjectReference] { get }

    /// The objects that travelled inside this one, expanded.
    var expanded: [StripeObject] { get }

    /// How far the object has come, to order snapshots of the same second: the larger is the later.
    var progress: [Int64] { get }

    /// Whether the object can never leave the state it is in, so that no other snapshot outweighs this one.
    var isFinal: Bool { get }
}

extension StripeObjectProtocol {
    package var reference: ObjectReference { ObjectReference(Self.kind, id) }
    package var isFinal: Bool { false }
}

/// A Stripe object of a kind we read, as one event showed it.
package enum StripeObject: Sendable {
    case paymentIntent(PaymentIntent)
    case charge(Charge)
    case refund(Refund)
    case dispute(Dispute)
    case checkoutSession(CheckoutSession)
    case invoice(Invoice)
    case invoicePayment(InvoicePayment)
    case customer(Customer)

    package var value: any StripeObjectProtocol {
        switch self {
        case .paymentIntent(let value): value
        case .charge(let value): value
        case .refund(let value): value
        case .dispute(let value): value
        case .checkoutSession(let value): value
        case .invoice(let value): value
        case .invoicePayment(let value): value
        case .customer(let value): value
        }
    }

    package var reference: ObjectReference { value.reference }

    /// This object and every object inside it, each once as a snapshot of its own.
    package var flattened: [StripeObject] { [self] + value.expanded.flatMap(\.flattened) }
}

extension StripeObject {
    /// Reads the object of `kind` at `key`.
    package init<Key>(
        _ kind: ObjectKind,
        in container: KeyedDecodingContainer<Key>,
        forKey key: Key
    ) throws {
        switch kind {
        case .paymentIntent: self = .paymentIntent(try container.decode(PaymentIntent.self, forKey: key))
        case .charge: self = .charge(try container.decode(Charge.self, forKey: key))
        case .refund: self = .refund(try container.decode(Refund.self, forKey: key))
        case .dispute: self = .dispute(try container.decode(Dispute.self, forKey: key))
        case .checkoutSession:
            self = .checkoutSession(try container.decode(CheckoutSession.self, forKey: key))
        case .invoice: self = .invoice(try container.decode(Invoice.self, forKey: key))
        case .invoicePayment: self = .invoicePayment(try container.decode(InvoicePayment.self, forKey: key))
        case .customer: self = .customer(try container.decode(Customer.self, forKey: key))
        }
    }
}

extension StripeObject: Codable {
    private enum CodingKeys: String, CodingKey { case kind, value }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(container.decode(ObjectKind.self, forKey: .kind), in: container, forKey: .value)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reference.kind, forKey: .kind)
        try container.encode(value, forKey: .value)
    }
}
