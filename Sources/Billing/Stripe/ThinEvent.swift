/// What a thin event (`object: "v2.core.event"`) says: which object something happened to, and not what it is like.
package struct ThinEvent: Sendable, Equatable {
    package let object: ObjectReference
    /// Where Stripe has the object: always the path that its kind and id give, so that the key goes nowhere else.
    package let path: String
    /// On whose behalf to ask: an account connected to ours, or one of our organisation after its owner's.
    package let context: String?

    /// What the types are called that have a twin among the snapshot events.
    private static let prefix = "v1."

    /// Whether `type` is one of an object that we read, so that the event should mean something.
    static func isOurs(_ type: String) -> Bool {
        type.hasPrefix(prefix) && EventFamily.objectKind(of: String(type.dropFirst(prefix.count))) != nil
    }

    /// The account that something happened in, which is all that snapshot events name: the last of those in `context`.
    static func account(in event: JSONValue) throws(JSONFieldError) -> String? {
        guard event["context"] != nil else { return nil }
        return try event.identity("context").split(separator: "/").last.map(String.init)
    }

    package init(_ object: ObjectReference, context: String?) {
        self.object = object
        self.context = context
        path = "\(object.kind.apiPath)/\(object.id)"
    }

    /// Reads an event of a type that ``isOurs(_:)``.
    ///
    /// - Throws: ``JSONFieldError`` when it does not name an object that we read, at Stripe's own path for it.
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
        let url = try related.required("url")
        guard url.string == path else { throw .wrong(url, "is not where Stripe has this object") }
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
        }
    }
}
