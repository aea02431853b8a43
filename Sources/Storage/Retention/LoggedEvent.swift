package import Billing

/// An event of the log: its entry, and its bytes or the extract of them.
package struct LoggedEvent: Sendable {
    package let entry: EventEntry
    /// The bytes as they were received; `nil` after they were purged.
    package let payload: [UInt8]?
    private let essence: [UInt8]?

    package init(entry: EventEntry, payload: [UInt8], essence: [UInt8]?) {
        self.entry = entry
        self.payload = entry.removal == nil ? payload : nil
        self.essence = essence
    }

    /// The event, read with the current code; `nil` for bytes that it refuses.
    package var event: Event? {
        if let payload { return try? Event(parsing: payload) }
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
        if let essence { return RetainedFields.decode(essence) }
        // The body could not be read while it was stored, so there is no extract.
        return .unreadable(reason: entry.reason ?? "its body is gone", objectID: entry.objectID)
    }
}
