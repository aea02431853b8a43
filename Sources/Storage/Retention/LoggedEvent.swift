package import Billing

/// An event of the log: what is said of it, and its bytes or what is kept of them.
package struct LoggedEvent: Sendable {
    package let entry: EventEntry
    /// The bytes as they were received; `nil` once they were let go of.
    package let payload: [UInt8]?
    private let essence: [UInt8]?

    package init(entry: EventEntry, payload: [UInt8], essence: [UInt8]?) {
        self.entry = entry
        self.payload = entry.removal == nil ? payload : nil
        self.essence = essence
    }

    /// The event, read with today's code; `nil` for bytes that it refuses.
    package var event: Event? {
        if let payload { return try? EventCoding.decode(payload) }
        return Event(
            id: entry.id,
            type: entry.type,
            created: entry.created,
            livemode: entry.livemode,
            account: entry.account,
            apiVersion: entry.apiVersion,
            content: content
        )
    }

    private var content: Event.Content {
        if let essence { return EventEssence.decode(essence) }
        // Nothing could be read of it while its body was there.
        return .unreadable(reason: entry.reason ?? "its body is gone", objectID: entry.objectID)
    }
}
