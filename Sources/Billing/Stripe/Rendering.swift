/// Which event showed an object, as far as the meaning of the object's fields depends on it.
///
/// The same field means different things in different API versions, and a few things only the event's type says.
package struct Rendering: Sendable {
    /// `nil` where the envelope names no version: an old event, or one that a forwarder made.
    package let version: APIVersion?
    /// The event's type and time, for the object that the event is about; `nil` for the objects inside that.
    let news: (eventType: String, at: Instant)?
    /// Whether the object is read from our own store, where all this has been settled.
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

    /// When the event of this type was made, if the object comes from one.
    func time(ofEvent type: String) -> Instant? { news.flatMap { $0.eventType == type ? $0.at : nil } }
}
