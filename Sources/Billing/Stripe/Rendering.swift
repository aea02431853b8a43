/// The API version and the event that an object comes from, which affect the meaning of its fields.
///
/// A field has different meanings in different API versions, and some facts are only in the event's type.
package struct Rendering: Sendable {
    /// `nil` if the envelope has no version, as in old events or those of a forwarder.
    package let version: APIVersion?
    /// The event's type and time, for the object that the event is about; `nil` for the objects inside it.
    let news: (eventType: String, at: Instant)?
    /// Whether the object is read from our own store, where its fields have one meaning.
    let isStored: Bool

    package init(version: String?, eventType: String? = nil, at: Instant? = nil) {
        self.version = version.flatMap { APIVersion($0) }
        if let eventType, let at { news = (eventType, at) } else { news = nil }
        isStored = false
    }

    private init(version: APIVersion?, isStored: Bool) {
        self.version = version
        news = nil
        self.isStored = isStored
    }

    static let stored = Rendering(version: nil, isStored: true)

    /// For an object inside the one that the event is about.
    var inside: Rendering { Rendering(version: version, isStored: isStored) }

    func isBefore(_ change: APIVersion) -> Bool { version.map { $0 < change } ?? false }

    /// The time of the event if it has this type; otherwise `nil`.
    func time(ofEvent type: String) -> Instant? { news.flatMap { $0.eventType == type ? $0.at : nil } }

    /// The time of the event if it has this type and is more than an hour later than `created`.
    ///
    /// A card is paid at once, a bank debit days later
    /// (<https://docs.stripe.com/payments/payment-methods#payment-notification>).
    func time(ofEvent type: String, wellAfter created: Instant) -> Instant? {
        time(ofEvent: type).flatMap { $0.seconds(since: created) > 3600 ? $0 : nil }
    }
}
