package import Billing
import Compression

/// How the service received an event.
package enum EventSource: String, Sendable, CaseIterable {
    case webhook
    /// Fetched from Stripe's API by this service.
    case api
}

/// The outcome of a delivery.
package enum RecordOutcome: String, Sendable {
    case recorded
    /// The log has the event in this API version already; no data were changed.
    case duplicate
    /// Recorded, but its content could not be read.
    case quarantined
}

/// An event on its way into the log: its bytes, what they say, and all that follows from that alone, which is
/// computed before the writer takes the event.
///
/// An event of the log that is read again with the current code takes the same way into the derived tables.
package struct IncomingEvent: Sendable {
    /// Which missing objects to fetch from Stripe.
    package enum FetchPolicy: Sendable {
        case nothing
        /// Only objects that were not missing before the event.
        case whatIsNew
        case everything
    }

    /// The rows to write for a payment that only one event is about.
    struct NewPayment: Sendable {
        let rows: [Transaction]
        let missing: [StripeFetchRequest]

        init(_ records: [ObjectRecord], account: String?) {
            let group = PaymentGroup(records, account: account)
            rows = group.transactions
            missing = group.missing
        }
    }

    package let event: Event
    /// The bytes as they were received; empty if the event is recorded without its body.
    package let payload: [UInt8]
    /// The bytes as they are stored: compressed, unless that would not make them shorter.
    let storedPayload: [UInt8]
    /// The size of the body as it was received, in bytes.
    package let size: Int
    package let receivedAt: Instant
    package let source: EventSource
    package private(set) var disposition: EventEntry.Disposition
    package let reason: String?
    /// The customers that the event shows.
    ///
    /// They are not part of `records`, because a customer would join all its payments into one.
    package private(set) var customers: [ObjectRecord]
    /// Customers that the event names but does not show; empty unless missing customers are fetched from
    /// Stripe.
    package private(set) var namedCustomers: [ObjectReference] = []
    /// The other objects that the event shows or names.
    package private(set) var records: [ObjectRecord]
    /// The rows to write if none of `records` is known yet, which is the usual case.
    private(set) var newPayment: NewPayment?
    /// The question of a thin event, whose content must be fetched; `nil` for other events.
    package private(set) var question: StripeFetchRequest?
    package private(set) var fetchPolicy: FetchPolicy
    /// The number that its payment gets if none of `records` is known yet; the store sets it.
    package var payment: Int64 = 0
    /// Set if the event is recorded without its body.
    package private(set) var removal: BodyRemoval?
    /// The erased customer that the event is about, and the ids in the event that belong to the customer.
    package private(set) var erasedCustomer: (key: CustomerKey, ids: Set<String>)?

    package init(_ event: Event, payload: [UInt8], receivedAt: Instant, source: EventSource) {
        self.init(event, payload: payload, size: payload.count, receivedAt: receivedAt, source: source)
    }

    /// Reads the bytes of an event that this service fetched or made itself.
    ///
    /// - Throws: The errors of ``Billing/Event/init(parsing:)``.
    package init(parsing payload: [UInt8], receivedAt: Instant, source: EventSource) throws {
        self.init(try Event(parsing: payload), payload: payload, receivedAt: receivedAt, source: source)
    }

    /// Reads an event of the log again with the current code.
    ///
    /// - Returns: `nil` if the current code refuses the event; its log entry stays.
    package init?(_ stored: StoredEvent, fetchPolicy: FetchPolicy) {
        guard let event = stored.event else { return nil }
        self.init(
            event,
            payload: stored.payload ?? [],
            size: stored.entry.size,
            receivedAt: stored.entry.receivedAt,
            source: stored.entry.source,
            isStored: true
        )
        self.fetchPolicy = fetchPolicy
        payment = stored.sequence
    }

    /// With `isStored` the event is in the log already, and its body is not written again.
    private init(
        _ event: Event,
        payload: [UInt8],
        size: Int,
        receivedAt: Instant,
        source: EventSource,
        isStored: Bool = false
    ) {
        self.event = event
        self.payload = payload
        storedPayload = isStored ? payload : Compressor.bodies.compress(payload) ?? payload
        self.size = size
        self.receivedAt = receivedAt
        self.source = source
        var isForeign = false
        switch event.content {
        case .other, .thin: (disposition, reason) = (.ignored, nil)
        case .unreadable(let why, _): (disposition, reason) = (.quarantined, why)
        case .snapshot, .restored: (disposition, reason) = (.projected, nil)
        }
        // Only this service gives credits.
        if source == .webhook, event.type == Credit.eventType { (disposition, isForeign) = (.ignored, true) }
        let shown = isForeign ? [] : event.records(receivedAt: receivedAt)
        customers = shown.filter { $0.reference.kind == .customer }
        records = shown.filter { $0.reference.kind != .customer }
        newPayment = records.isEmpty ? nil : NewPayment(records, account: event.account)
        if case .thin = event.content { question = .thinEvent(event.id) }
        fetchPolicy = source == .api ? .whatIsNew : .everything
    }

    /// The event as a store with this policy records it.
    package func under(_ policy: ProjectionPolicy) -> IncomingEvent {
        var incoming = self
        // A credit is this service's own, and has no mode.
        if let livemode = policy.livemode, livemode != event.livemode, event.type != Credit.eventType {
            incoming.hide()
        }
        // A connected account controls its customers' metadata, so they do not identify a user of Console.
        if policy.asksForCustomers, incoming.disposition == .projected, event.account == nil {
            let named = event.shown.compactMap(\.object.customer).map { ObjectReference(.customer, $0) }
            incoming.namedCustomers = Set(named).subtracting(customers.map(\.reference)).sorted()
        }
        return incoming
    }

    /// Removes the personal data of the event's customer, who was erased, and with them the body.
    ///
    /// - Parameter customer: The customer, and the ids in the event that belong to the customer.
    /// - Returns: The event with an extract in place of its body.
    func erased(of customer: (key: CustomerKey, ids: Set<String>)) -> IncomingEvent {
        var erased = IncomingEvent(
            event.erased,
            payload: [],
            size: size,
            receivedAt: receivedAt,
            source: source
        )
        erased.removal = BodyRemoval(at: receivedAt, cause: .erasure, archive: nil)
        erased.erasedCustomer = customer
        if disposition == .otherMode { erased.hide() }
        return erased
    }

    /// Leaves an event of the other mode out of the feed.
    private mutating func hide() {
        guard question != nil || disposition == .projected else { return }
        disposition = .otherMode
        (customers, records, newPayment, question) = ([], [], nil, nil)
    }

    /// The extract that replaces the body; `nil` while the body is stored.
    package var extract: [UInt8]? { removal.flatMap { _ in RetainedFields.encode(event) } }

    package var objectID: String? { event.objectID }

    /// Whether the current code reads the event differently from its log entry.
    package func readsOtherwise(than entry: EventEntry) -> Bool {
        entry.disposition != disposition || entry.reason != reason || entry.objectID != objectID
    }

    /// The outcome of a delivery that is new to the log.
    package var outcome: RecordOutcome { disposition == .quarantined ? .quarantined : .recorded }
}
