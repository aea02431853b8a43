/// What a thin event (`object: "v2.core.event"`) says: which object something happened to, and not what it is like.
package struct ThinEvent: Sendable, Equatable {
    /// Which object to fetch, by its kind and id alone.
    ///
    /// `related_object.url` is not read: it comes from outside, Stripe does not publish its form for each type, and the
    /// key is sent along with the request, so the path is always the one that we know for the kind.
    package let object: ObjectReference
    /// The account to ask on behalf of: one connected to ours, or one of our organisation after its platform.
    package let context: String?

    /// What the types are called that have a twin among the snapshot events.
    private static let prefix = "v1."

    /// Whether `type` is one of an object that we read, so that the event should mean something.
    static func isOurs(_ type: String) -> Bool {
        type.hasPrefix(prefix) && EventFamily.objectKind(of: String(type.dropFirst(prefix.count))) != nil
    }

    /// The account that something happened in, which is all that snapshot events name: the last of those in `context`.
    static func account(in event: JSONValue) throws(JSONFieldError) -> String? {
        guard event["context"] != nil, event.string("context")?.isEmpty != true else { return nil }
        return try event.identity("context").split(separator: "/").last.map(String.init)
    }

    package init(_ object: ObjectReference, context: String?) {
        self.object = object
        self.context = context
    }

    /// Reads an event of a type that ``isOurs(_:)``.
    ///
    /// - Throws: ``JSONFieldError`` when it does not name an object that we read.
    init(_ event: JSONValue) throws(JSONFieldError) {
        let related = try event.required("related_object")
        let type = try related.required("type")
        guard let kind = type.string.flatMap(ObjectKind.init) else {
            throw .wrong(type, "is not a kind of object that we read")
        }
        self.init(
            ObjectReference(kind, try related.identity("id")),
            context: event["context"] == nil ? nil : try event.identity("context")
        )
    }
}

extension ObjectKind {
    /// The path under which Stripe's API has the objects of this kind.
    package var apiPath: String {
        switch self {
        case .paymentIntent: "/v1/payment_intents"
        case .charge: "/v1/charges"
        case .refund: "/v1/refunds"
        case .dispute: "/v1/disputes"
        case .checkoutSession: "/v1/checkout/sessions"
        case .invoice: "/v1/invoices"
        case .invoicePayment: "/v1/invoice_payments"
        case .customer: "/v1/customers"
        case .earlyFraudWarning: "/v1/radar/early_fraud_warnings"
        case .review: "/v1/reviews"
        }
    }
}
