import JSON

/// One event of Stripe: the envelope, and the object of a kind that we read.
package struct Event: Sendable {
    /// The meaning of the event for the feed.
    package enum Content: Sendable {
        /// A snapshot of an object that we read.
        case snapshot(StripeObject)
        /// The same for an event whose body was purged: the objects that were read before.
        case restored([ObservedObject])
        /// A thin event about an object that we read, which must be fetched.
        case thin(ThinEvent)
        /// An event without information about a payment: one of another family, or a ping.
        case other
        /// An event that we should be able to read but cannot, with the id of its object if that is readable.
        ///
        /// The reason names fields, never values.
        case unreadable(reason: String, objectID: String?)
    }

    package let id: String
    /// In Stripe's spelling, such as `charge.refunded`.
    ///
    /// Stripe adds types without a new API version.
    package let type: String
    /// When Stripe created the event; `nil` if the envelope does not say.
    package let created: Instant?
    package let livemode: Bool
    /// The connected account that the event is about; `nil` for the platform account.
    ///
    /// Thin events have it in `context`, and so do events for an organisation's destination since
    /// 2025-04-30.basil.
    package let account: String?
    /// The API version of the object; old and forwarded events may have none.
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

extension Event {
    /// Reads the bytes of an event, whether they were verified or not: those of the log, or of Stripe's API.
    ///
    /// An unreadable object inside it is no error; only the id and the type are required.
    ///
    /// - Throws: `JSONSyntaxError` or `JSONFieldError` if the bytes are not a JSON object with both.
    package init(parsing payload: [UInt8]) throws {
        self = try payload.withUnsafeBufferPointer { try JSONValue.read($0) { try Event($0) } }
    }

    private init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.identity("id")
        type = try json.identity("type")
        created = try? json.instant("created")
        livemode = json.bool("livemode") ?? false
        let isThin = json.string("object") == "v2.core.event"
        // Named `user_id` before API version 2017-05-25 (<https://docs.stripe.com/changelog/2017-05-25>).
        let name: StaticString = json["account"] == nil ? "user_id" : "account"
        if !isThin, json[name] != nil {
            account = try json.identity(name)
        } else {
            account = try Self.account(inContextOf: json)
        }
        apiVersion = json.text("api_version")
        do {
            if isThin {
                content = ThinEvent.isOurs(type) ? .thin(try ThinEvent(json)) : .other
            } else if let kind = EventFamily.objectKind(of: type) {
                content = .snapshot(
                    try Self.object(
                        of: kind,
                        in: json,
                        Rendering(version: apiVersion, eventType: type, at: created)
                    )
                )
            } else {
                content = .other
            }
        } catch {
            let object = isThin ? json["related_object"] : json["data"]?["object"]
            content = .unreadable(reason: error.description, objectID: try? object?.identity("id"))
        }
    }

    /// The account in which the object changed: the last one in `context`, which is the only one in snapshot
    /// events.
    private static func account(inContextOf json: JSONValue) throws(JSONFieldError) -> String? {
        guard json["context"] != nil, json.string("context")?.isEmpty != true else { return nil }
        return try json.identity("context").split(separator: "/").last.map(String.init)
    }

    private static func object(
        of kind: ObjectKind,
        in json: JSONValue,
        _ rendering: Rendering
    ) throws(JSONFieldError) -> StripeObject {
        let object = try json.required("data").required("object")
        let name = object["object"]
        // Some forwarders remove the name, which is accepted; the name of another kind is not.
        guard name == nil || name?.string == kind.rawValue else {
            throw .wrong(object, "is not a \(kind.rawValue)")
        }
        return try StripeObject(kind, object, rendering)
    }
}
