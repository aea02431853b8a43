package import Billing

/// The log's entry of one event in one API version, without the bytes.
package struct EventEntry: Sendable, Equatable {
    package enum Disposition: String, Sendable, CaseIterable {
        /// The event's objects are part of the feed.
        case projected
        /// The event says nothing about a payment, or it is a thin event, which only names an object to
        /// fetch.
        case ignored
        case quarantined
        /// A test event where live events are served, or the reverse: stored, but never shown.
        case otherMode = "other_mode"
    }

    package let id: String
    package let type: String
    package let created: Instant?
    package let receivedAt: Instant
    package let livemode: Bool
    package let account: String?
    package let apiVersion: String?
    package let source: EventSource
    package let disposition: Disposition
    package let reason: String?
    package let objectID: String?
    /// The size of the body as it was received, in bytes.
    package let size: Int
    /// When and why the body was purged; `nil` while it is stored.
    package var removal: BodyRemoval?

    package init(
        id: String,
        type: String,
        created: Instant?,
        receivedAt: Instant,
        livemode: Bool,
        account: String?,
        apiVersion: String?,
        source: EventSource,
        disposition: Disposition,
        reason: String?,
        objectID: String?,
        size: Int,
        removal: BodyRemoval? = nil
    ) {
        self.id = id
        self.type = type
        self.created = created
        self.receivedAt = receivedAt
        self.livemode = livemode
        self.account = account
        self.apiVersion = apiVersion
        self.source = source
        self.disposition = disposition
        self.reason = reason
        self.objectID = objectID
        self.size = size
        self.removal = removal
    }
}

/// When and why the body of an event was purged.
package struct BodyRemoval: Sendable, Equatable {
    package enum Cause: String, Sendable, CaseIterable {
        /// The body was older than the retention period.
        case age
        /// The body contained data of a person whose data were erased.
        case erasure
    }

    package let at: Instant
    package let cause: Cause
    /// The file of the archive that contains the body; `nil` if none does.
    package let archive: String?

    package init(at: Instant, cause: Cause, archive: String?) {
        self.at = at
        self.cause = cause
        self.archive = archive
    }
}

/// An event of the log: its number, its entry, and its bytes or the extract that is kept of them.
package struct StoredEvent: Sendable {
    /// The log's order; a later event has a higher number.
    package let sequence: Int64
    package let entry: EventEntry
    /// The bytes as they were received; `nil` after they were purged.
    package let payload: [UInt8]?
    /// The JSON of ``RetainedFields``; `nil` while the body is stored, and for an event that could not be
    /// read.
    package let extract: [UInt8]?

    package init(sequence: Int64, entry: EventEntry, payload: [UInt8], extract: [UInt8]?) {
        self.sequence = sequence
        self.entry = entry
        self.payload = entry.removal == nil ? payload : nil
        self.extract = extract
    }

    /// The event, read with the current code; `nil` for bytes that it refuses.
    package var event: Event? {
        if let payload { return try? Event(parsing: payload) }
        // A body that could not be read while it was stored left no extract.
        let lost = Event.Content.unreadable(
            reason: entry.reason ?? "its body is gone",
            objectID: entry.objectID
        )
        return envelope(extract.map(RetainedFields.decode) ?? lost)
    }

    /// The fields of the envelope, which the log keeps of every event, around a content.
    func envelope(_ content: Event.Content) -> Event {
        Event(
            id: entry.id,
            type: entry.type,
            created: entry.created,
            livemode: entry.livemode,
            account: entry.account,
            apiVersion: entry.apiVersion,
            content: content
        )
    }

    /// The event without its body, which is older than the retention period.
    ///
    /// - Parameters:
    ///   - now: The time of the purge.
    ///   - archive: The file of the archive that contains the body by now; `nil` if there is no archive.
    /// - Returns: `nil` if the body must stay, because no extract can be made.
    package func purged(at now: Instant, archive: String?) -> StoredEvent? {
        guard let extract = event.flatMap(RetainedFields.encode) else { return nil }
        return keeping(extract, BodyRemoval(at: now, cause: .age, archive: archive))
    }

    /// The event without its customer's personal data and without its body.
    ///
    /// An event that cannot be read has no extract then: only its entry remains.
    package func erased(at now: Instant) -> StoredEvent {
        keeping(
            (event?.erased).flatMap(RetainedFields.encode),
            BodyRemoval(at: entry.removal?.at ?? now, cause: .erasure, archive: nil)
        )
    }

    private func keeping(_ extract: [UInt8]?, _ removal: BodyRemoval) -> StoredEvent {
        var entry = entry
        entry.removal = removal
        return StoredEvent(sequence: sequence, entry: entry, payload: [], extract: extract)
    }
}

extension [StoredEvent] {
    /// The versions of one event, the newest first.
    package var newestVersionFirst: Self { sorted { $0.entry.key.apiVersion > $1.entry.key.apiVersion } }
}
