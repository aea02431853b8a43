package import JSON

/// A kind of object that contains data about a payment: Stripe's, and our own ``Credit``.
///
/// The types are immutable classes, so that they are passed on without copying about two dozen fields.
package protocol StripeObjectProtocol: AnyObject, Sendable {
    static var kind: ObjectKind { get }
    var id: String { get }

    /// Reads the object; the caller has checked that the value is an object.
    init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError)

    /// Writes the fields that the initializer reads.
    func write(to json: inout JSONWriter)

    /// The objects of the same payment that this one names.
    var links: [ObjectReference] { get }

    /// The expanded objects inside this one.
    var expanded: [StripeObject] { get }

    /// The object's progress, to order snapshots of the same second: the larger is the later.
    var progress: [Int64] { get }

    /// The ``VersionedField``s that this object contains.
    var stated: VersionedFields { get }

    /// Whether the object can never leave its state, so that this snapshot wins over any other.
    var isFinal: Bool { get }
}

extension StripeObjectProtocol {
    package var reference: ObjectReference { ObjectReference(Self.kind, id) }
    package var isFinal: Bool { false }
    package var stated: VersionedFields { [] }
}

/// A Stripe object of a kind that we read, as one event showed it.
package enum StripeObject: Sendable {
    case paymentIntent(PaymentIntent)
    case charge(Charge)
    case refund(Refund)
    case dispute(Dispute)
    case checkoutSession(CheckoutSession)
    case invoice(Invoice)
    case invoicePayment(InvoicePayment)
    case customer(Customer)
    case earlyFraudWarning(EarlyFraudWarning)
    case review(Review)
    case credit(Credit)

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
        case .earlyFraudWarning(let value): value
        case .review(let value): value
        case .credit(let value): value
        }
    }

    package var kind: ObjectKind { type(of: value).kind }
    package var reference: ObjectReference { value.reference }

    /// This object and every object inside it, each as a snapshot of its own.
    package var flattened: [StripeObject] { [self] + value.expanded.flatMap(\.flattened) }
}

extension StripeObject {
    /// Reads an object of `kind`.
    package init(
        _ kind: ObjectKind,
        _ json: JSONValue,
        _ rendering: Rendering
    ) throws(JSONFieldError) {
        switch kind {
        case .paymentIntent: self = .paymentIntent(try json.object(rendering))
        case .charge: self = .charge(try json.object(rendering))
        case .refund: self = .refund(try json.object(rendering))
        case .dispute: self = .dispute(try json.object(rendering))
        case .checkoutSession: self = .checkoutSession(try json.object(rendering))
        case .invoice: self = .invoice(try json.object(rendering))
        case .invoicePayment: self = .invoicePayment(try json.object(rendering))
        case .customer: self = .customer(try json.object(rendering))
        case .earlyFraudWarning: self = .earlyFraudWarning(try json.object(rendering))
        case .review: self = .review(try json.object(rendering))
        case .credit: self = .credit(try json.object(rendering))
        }
    }
}
