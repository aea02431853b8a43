package import Billing

/// What became of a delivery.
package enum RecordOutcome: String, Sendable {
    case recorded
    /// The event is on record already in this API version; nothing was changed.
    case duplicate
    /// On record, but it should have meant something that could not be read.
    case quarantined
}

/// How an event came to us.
package enum EventSource: String, Codable, Sendable, CaseIterable {
    case webhook
    /// Asked of Stripe's API by us, and marked so.
    case api
}

/// An event as it arrived: what it says, the bytes that said it, and when.
package struct DeliveredEvent: Sendable {
    package let event: Event
    package let payload: [UInt8]
    package let receivedAt: Instant
    package let source: EventSource

    package init(event: Event, payload: [UInt8], receivedAt: Instant, source: EventSource) {
        self.event = event
        self.payload = payload
        self.receivedAt = receivedAt
        self.source = source
    }
}

/// What the log says of one event in one API version, without its bytes.
package struct EventEntry: Sendable, Equatable {
    package enum Disposition: String, Codable, Sendable, CaseIterable {
        /// Its objects are part of the feed.
        case projected
        /// It says nothing about a payment, or, being thin, only that there is something to fetch.
        case ignored
        case quarantined
        /// Test data where live is served, or the other way round: kept, never shown.
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
    /// Of the body as it was received, in bytes.
    package let size: Int
    /// When and why the body was let go of; `nil` while it is there.
    package let removal: BodyRemoval?

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

/// How the body of an event came to be gone from the log.
package struct BodyRemoval: Sendable, Equatable {
    package enum Cause: String, Codable, Sendable, CaseIterable {
        /// It was older than bodies are kept.
        case age
        /// It named a person whose data were to be erased.
        case erasure
    }

    package let at: Instant
    package let cause: Cause
    /// The file of the archive that has it; `nil` where none does.
    package let archive: String?

    package init(at: Instant, cause: Cause, archive: String?) {
        self.at = at
        self.cause = cause
        self.archive = archive
    }
}

/// Which events of the log to list, newest first.
package struct EventQuery: Sendable {
    package var type: String?
    package var disposition: EventEntry.Disposition?
    package var source: EventSource?
    /// Only those about this object.
    package var objectID: String?
    /// Only those of this connected account.
    package var account: String?
    package var livemode: Bool?
    /// Only those that were received then or later.
    package var receivedFrom: Instant?
    /// Only those that were received then or earlier.
    package var receivedThrough: Instant?
    package var limit: Int
    /// The text of an entry's ``EventKey``, or the id of an event that was told in one version only.
    package var startingAfter: String?
    package var endingBefore: String?

    package init(
        type: String? = nil,
        disposition: EventEntry.Disposition? = nil,
        source: EventSource? = nil,
        objectID: String? = nil,
        account: String? = nil,
        livemode: Bool? = nil,
        receivedFrom: Instant? = nil,
        receivedThrough: Instant? = nil,
        limit: Int = 10,
        startingAfter: String? = nil,
        endingBefore: String? = nil
    ) {
        self.type = type
        self.disposition = disposition
        self.source = source
        self.objectID = objectID
        self.account = account
        self.livemode = livemode
        self.receivedFrom = receivedFrom
        self.receivedThrough = receivedThrough
        self.limit = limit
        self.startingAfter = startingAfter
        self.endingBefore = endingBefore
    }

    /// Whether the newest are those that were received last, rather than recorded last.
    ///
    /// The two differ by little: by what a delivery took, and by what a clock was set back. Where a time is asked for,
    /// its index then gives the page in its order.
    package var isByTime: Bool { receivedFrom != nil || receivedThrough != nil }
}

/// How many entries of the log are of one source and one disposition; an event told in two versions is two.
package struct EventTally: Sendable, Equatable {
    package let source: EventSource
    package let disposition: EventEntry.Disposition
    package let events: Int

    package init(source: EventSource, disposition: EventEntry.Disposition, events: Int) {
        self.source = source
        self.disposition = disposition
        self.events = events
    }
}

/// What a rebuild found.
package struct Reprojection: Sendable, Equatable {
    package let events: Int
    package let transactions: Int
    /// How many rows came out other than they stood.
    ///
    /// 0 unless the code that derives them has changed.
    package let changed: Int

    package init(events: Int, transactions: Int, changed: Int) {
        self.events = events
        self.transactions = transactions
        self.changed = changed
    }
}

/// The log of events that Stripe sent us.
///
/// It is the truth; everything else is derived from it.
package protocol EventLog: Sendable {
    /// Records an event, and what follows from it, in one database transaction.
    ///
    /// Returns only when the event would survive a power failure.
    ///
    /// - Returns: ``RecordOutcome/duplicate`` when the event is already on record in this API version. Nothing is
    ///   changed then, and the delivery is to be acknowledged all the same. In another version it is recorded beside.
    /// - Throws: ``StoreError`` when the event may not be on record: the delivery is not to be acknowledged.
    func record(_ delivered: DeliveredEvent) async throws(StoreError) -> RecordOutcome

    /// The events of the log, newest recorded first; newest received first where a time is asked for.
    ///
    /// - Returns: `nil` when the cursor names no entry, or several.
    func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>?

    /// Counts the events of the log.
    ///
    /// - Parameter receivedFrom: Only those that were received then or later; `nil` for all.
    /// - Returns: One tally of each source and disposition that there are events of, in no particular order.
    /// - Throws: ``StoreError`` when they cannot be counted.
    func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally]

    /// One event in each API version that it was told in, in the order of the log: its bytes as they were received,
    /// or what is kept of it when they are gone.
    func renderings(of id: String) async throws(StoreError) -> [LoggedEvent]

    /// Reads one event again, in each version that it was told in, with today's code, and derives anew what follows.
    ///
    /// - Returns: `nil` when the log has no such event.
    func reproject(eventID: String) async throws(StoreError) -> Reprojection?

    /// Derives the whole feed again from the log, while events keep arriving.
    func reprojectAll() async throws(StoreError) -> Reprojection
}

extension EventLog {
    /// One event in the newest API version that it was told in.
    package func entry(id: String) async throws(StoreError) -> LoggedEvent? {
        try await renderings(of: id).newestVersionFirst.first
    }
}

extension [LoggedEvent] {
    /// The renderings of one event by their API versions.
    package var newestVersionFirst: Self { sorted { $0.entry.key.apiVersion > $1.entry.key.apiVersion } }
}
