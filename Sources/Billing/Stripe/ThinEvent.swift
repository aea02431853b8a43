import JSON

/// The content of a thin event (`object: "v2.core.event"`): the object that changed, without its data.
package struct ThinEvent: Sendable, Equatable {
    /// The object to fetch, by its kind and id only.
    ///
    /// `related_object.url` is not read: it is input from outside, Stripe does not publish its form for each
    /// type, and the request carries the key. So the path is always the known one of the kind.
    package let object: ObjectReference
    /// The account on whose behalf to ask: a connected account, or, in an organisation, an account after its
    /// platform.
    package let context: String?

    /// The prefix of the types that also exist as snapshot events.
    private static let prefix = "v1."

    /// Whether `type` is about an object that we read, so that the event must be readable.
    static func isOurs(_ type: String) -> Bool {
        type.hasPrefix(prefix) && EventFamily.objectKind(of: String(type.dropFirst(prefix.count))) != nil
    }

    package init(_ object: ObjectReference, context: String?) {
        self.object = object
        self.context = context
    }

    /// Reads an event of a type that ``isOurs(_:)``.
    ///
    /// - Throws: `JSONFieldError` if it names no object that we read.
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
    /// The path of this kind of object in Stripe's API.
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
        // Never asked for: Stripe has no such object.
        case .credit: "/v1/credits"
        }
    }
}
