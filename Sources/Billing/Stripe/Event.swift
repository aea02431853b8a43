/// One event of Stripe's: the envelope, and the object it is about when that is of a kind we read.
package struct Event: Sendable {
    /// What the event means to the feed.
    package enum Content: Sendable {
        /// A snapshot of an object we read.
        case snapshot(StripeObject)
        /// An event that says nothing about a payment: of another family, thin, a ping.
        case other
        /// An event that should have meant something, and why we could not read it. Names fields, never values.
        case unreadable(reason: String)
    }

    package let id: String
    /// In Stripe's spelling, such as `charge.refunded`.
    ///
    /// New types appear without a version bump.
    package let type: String
    /// When Stripe made the event; `nil` where the envelope does not say.
    package let created: Instant?
    package let livemode: Bool
    /// The connected account the event is about; `nil` for one's own.
    package let account: String?
    /// The API version the object was rendered in; old and forwarded events may not have one.
    package let apiVersion: String?
    package let content: Content

    package init(
        id: String,
        type: String,
        created: Instant?,
        livemode: Bool,
        account: String?,
        apiVersion: String?,
        content: Content
    ) {
        self.id = id
        self.type = type
        self.created = created
        self.livemode = livemode
        self.account = account
        self.apiVersion = apiVersion
        self.content = content
    }
}

/// Which kind of object a type of event carries.
package enum EventFamily {
    /// - Returns: `nil` for a type that says nothing about a payment.
    package static func objectKind(of eventType: String) -> ObjectKind? {
        switch eventType {
        case "customer.created", "customer.updated", "customer.deleted": .customer
        // A preview of an invoice that does not exist yet: it has no id.
        case "invoice.upcoming": nil
        case _ where eventType.hasPrefix("charge.dispute."): .dispute
        case _ where eventType.hasPrefix("charge.refund."): .refund
        case _ where eventType.hasPrefix("charge."): .charge
        case _ where eventType.hasPrefix("refund."): .refund
        case _ where eventType.hasPrefix("payment_intent."): .paymentIntent
        case _ where eventType.hasPrefix("checkout.session."): .checkoutSession
        case _ where eventType.hasPrefix("invoice_payment."): .invoicePayment
        case _ where eventType.hasPrefix("invoice."): .invoice
        default: nil
        }
    }
}

extension Event: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, type, object, created, livemode, account, data
        case apiVersion = "api_version"
    }
    private enum DataKeys: String, CodingKey { case object }
    private struct ObjectName: Decodable { let object: String? }

    /// Reads an envelope.
    ///
    /// Only an id and a type are required of it.
    ///
    /// - Throws: `DecodingError` when either is missing or not of the form of an id.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        type = try container.identity(.type)
        created = container.lenient(.created)
        livemode = container.lenient(.livemode) ?? false
        account = try container.decodeIfPresent(String.self, forKey: .account).map {
            guard StripeID.isValid($0) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .account,
                    in: container,
                    debugDescription: "not an id"
                )
            }
            return $0
        }
        apiVersion = container.text(.apiVersion)
        let isThin = container.lenient(.object, as: String.self) == "v2.core.event"
        guard !isThin, let kind = EventFamily.objectKind(of: type) else {
            content = .other
            return
        }
        content = Self.snapshot(of: kind, in: container)
    }

    private static func snapshot(
        of kind: ObjectKind,
        in envelope: KeyedDecodingContainer<CodingKeys>
    ) -> Content {
        do {
            let data = try envelope.nestedContainer(keyedBy: DataKeys.self, forKey: .data)
            let name = try data.decode(ObjectName.self, forKey: .object).object
            // Forwarders strip it now and then; another kind's name is another matter.
            guard name == nil || name == kind.rawValue else {
                return .unreadable(reason: "data.object is not a \(kind.rawValue)")
            }
            return .snapshot(try StripeObject(kind, in: data, forKey: .object))
        } catch let error as DecodingError {
            return .unreadable(reason: error.fieldReport)
        } catch {
            return .unreadable(reason: "data.object cannot be read")
        }
    }
}

extension DecodingError {
    /// Which field was wrong and how; never what it held.
    var fieldReport: String {
        func path(_ keys: [any CodingKey]) -> String {
            keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        }
        return switch self {
        case .keyNotFound(let key, let context):
            path(
                context.codingPath.last?.stringValue == key.stringValue
                    ? context.codingPath : context.codingPath + [key]
            ) + " is missing"
        case .valueNotFound(_, let context): path(context.codingPath) + " is null"
        case .typeMismatch(let type, let context): path(context.codingPath) + " is not a \(type)"
        case .dataCorrupted(let context): path(context.codingPath) + " cannot be read"
        @unknown default: "a field cannot be read"
        }
    }
}
