package import Billing

/// Which events of the log to list, newest first.
package struct EventQuery: Sendable {
    package var type: String?
    package var disposition: EventEntry.Disposition?
    package var source: EventSource?
    /// Only events about this object.
    package var objectID: String?
    /// Only events of this connected account.
    package var account: String?
    package var livemode: Bool?
    /// Only events received at this time or later.
    package var receivedFrom: Instant?
    /// Only events received at this time or earlier.
    package var receivedThrough: Instant?
    package var limit: Int
    /// The text of an entry's ``EventKey``, or the id of an event that is recorded in one version only.
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

    /// Whether the order is that of receipt, instead of recording.
    ///
    /// The two differ little: by the duration of a delivery, and by corrections of the clock. If the query
    /// has a time filter, the index by time gives the page in its own order.
    package var isByTime: Bool { receivedFrom != nil || receivedThrough != nil }
}

/// The number of log entries with one source and one disposition; an event in two API versions counts twice.
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

/// The result of a rebuild.
package struct Reprojection: Sendable, Equatable {
    package let events: Int
    package let transactions: Int
    /// The number of rows that changed.
    ///
    /// 0 unless the code that derives the rows has changed.
    package let changed: Int

    package init(events: Int, transactions: Int, changed: Int) {
        self.events = events
        self.transactions = transactions
        self.changed = changed
    }
}

/// The outcome of recording an event; a failure if the delivery must not be acknowledged.
package typealias RecordAnswer = Result<RecordOutcome, StoreError>

/// The log of events that Stripe sent us.
///
/// The log is the source of truth: the feed is derived from it.
package protocol EventLog: Sendable {
    /// Records an event, and its effects on the derived tables, in one database transaction.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - answer: Called once, only when the event would survive a power failure or was refused. It gets
    ///     ``RecordOutcome/duplicate`` if the log has the event in this API version already. No data are
    ///     changed then, but the delivery must still be acknowledged. In another version the event gets an
    ///     entry of its own. The call comes on any thread, perhaps before this function returns, and must not
    ///     block: the writer makes it.
    func record(_ event: IncomingEvent, answer: @escaping @Sendable (RecordAnswer) -> Void)

    /// The events of the log, newest recorded first; newest received first if the query has a time filter.
    ///
    /// - Returns: `nil` if the cursor names no entry, or several.
    func entries(_ query: EventQuery) async throws(StoreError) -> Page<EventEntry>?

    /// Counts the events of the log.
    ///
    /// - Parameter receivedFrom: Only events received at this time or later; `nil` for all.
    /// - Returns: A tally of each source and disposition with events, in no particular order.
    /// - Throws: ``StoreError`` if they cannot be counted.
    func tallies(receivedFrom: Instant?) async throws(StoreError) -> [EventTally]

    /// One event in each API version in which it was recorded, in the order of the log.
    ///
    /// Each has its bytes as they were received, or the extract that is kept after its body is purged.
    func renderings(of id: String) async throws(StoreError) -> [StoredEvent]

    /// All events in the order of the log.
    ///
    /// - Parameters:
    ///   - sequence: The number of the last event of the previous page.
    ///   - limit: The most events to return; fewer if they are large.
    /// - Returns: An empty list at the end of the log.
    /// - Throws: ``StoreError``.
    func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [StoredEvent]

    /// The number of the newest event; 0 for an empty log.
    func lastSequence() async throws(StoreError) -> Int64

    /// Reads one event again with the current code, in each of its versions, and derives its rows again.
    ///
    /// - Returns: `nil` if the log has no such event.
    func reproject(eventID: String) async throws(StoreError) -> Reprojection?

    /// Derives the whole feed again from the log, while events arrive.
    func reprojectAll() async throws(StoreError) -> Reprojection
}

extension EventLog {
    /// Records an event, and waits for the outcome.
    ///
    /// - Throws: ``StoreError`` if the event may not be recorded.
    package func record(_ event: IncomingEvent) async throws(StoreError) -> RecordOutcome {
        let answer = await withCheckedContinuation { continuation in
            record(event) { continuation.resume(returning: $0) }
        }
        return try answer.get()
    }

    /// One event in its newest API version.
    package func entry(id: String) async throws(StoreError) -> StoredEvent? {
        try await renderings(of: id).newestVersionFirst.first
    }
}
