/// One event of Stripe's: the envelope, and the object it is about when that is of a kind we read.
package struct Event: Sendable {
    /// What the event means to the feed.
    package enum Content: Sendable {
        /// A snapshot of an object we read.
        case snapshot(StripeObject)
        /// The same, of an event whose body is gone: the objects as they were read while it was there.
        case remembered([ShownObject])
        /// A thin event about an object we read, which is to be fetched.
        case thin(ThinEvent)
        /// An event that says nothing about a payment: of another family, a ping.
        case other
        /// An event that should have meant something, why we could not read it, and which object it is about where
        /// that much can be read. The reason names fields, never values.
        case unreadable(reason: String, objectID: String?)
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
    ///
    /// Thin events, and since 2025-04-30.basil those of an organisation's destination, say it in `context`.
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

extension Event {
    /// Reads an envelope.
    ///
    /// Only an id and a type are required of it.
    ///
    /// - Throws: ``JSONFieldError`` when either is missing or not of the form of an id.
    init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.identity("id")
        type = try json.identity("type")
        created = try? json.instant("created")
        livemode = json.bool("livemode") ?? false
        let isThin = json.string("object") == "v2.core.event"
        // Called `user_id` before API version 2017-05-25 (<https://docs.stripe.com/changelog/2017-05-25>).
        let name: StaticString = json["account"] == nil ? "user_id" : "account"
        if !isThin, json[name] != nil {
            account = try json.identity(name)
        } else {
            account = try ThinEvent.account(in: json)
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

    private static func object(
        of kind: ObjectKind,
        in json: JSONValue,
        _ rendering: Rendering
    ) throws(JSONFieldError) -> StripeObject {
        let object = try json.required("data").required("object")
        let name = object["object"]
        // Forwarders strip it now and then; another kind's name is another matter.
        guard name == nil || name?.string == kind.rawValue else {
            throw .wrong(object, "is not a \(kind.rawValue)")
        }
        return try StripeObject(kind, object, rendering)
    }
}
