package import Billing

/// An event with everything that can be computed before the writer takes it.
package struct PreparedEvent: Sendable {
    package let event: Event
    package let payload: [UInt8]
    package let receivedAt: Instant
    package let source: EventSource
    package let disposition: EventEntry.Disposition
    package let reason: String?
    /// The customers that the event shows.
    ///
    /// They are not part of `records`, because a customer would join all its payments into one.
    package let customers: [ObjectRecord]
    /// Customers that the event names but does not show; empty unless missing customers are fetched from
    /// Stripe.
    package let namedCustomers: [ObjectReference]
    /// The other objects that the event shows or names.
    package let records: [ObjectRecord]
    /// The rows to write if none of `records` is known yet, which is the usual case.
    let newPayment: NewPayment?
    /// The question of a thin event, whose content must be fetched; `nil` for other events.
    package let question: StripeFetchRequest?
    /// Set if the event must be recorded without its body.
    package let removal: BodyRemoval?
    /// The size of the body as it was received, in bytes.
    package let size: Int

    /// A payment that only one event is about.
    package struct NewPayment: Sendable {
        package let rows: [TransactionRow]
        package let missing: [StripeFetchRequest]

        init(_ records: [ObjectRecord], account: String?) {
            let group = PaymentGroup(records, account: account)
            rows = group.transactions.map { TransactionRow($0) }
            missing = group.missing
        }
    }

    package init(
        _ event: Event,
        payload: [UInt8],
        receivedAt: Instant,
        source: EventSource,
        projection: ProjectionPolicy,
        removal: BodyRemoval? = nil,
        size: Int? = nil
    ) {
        self.event = event
        self.payload = payload
        self.removal = removal
        self.size = size ?? payload.count
        self.receivedAt = receivedAt
        self.source = source
        let isOurs = projection.livemode == nil || projection.livemode == event.livemode
        switch event.content {
        case .other: (disposition, reason) = (.ignored, nil)
        case .unreadable(let why, _): (disposition, reason) = (.quarantined, why)
        case .thin: (disposition, reason) = (isOurs ? .ignored : .otherMode, nil)
        case .snapshot, .restored: (disposition, reason) = (isOurs ? .projected : .otherMode, nil)
        }
        if case .thin = event.content, isOurs { question = .thinEvent(event.id) } else { question = nil }
        let shown = disposition == .projected ? event.records(receivedAt: receivedAt) : []
        customers = shown.filter { $0.reference.kind == .customer }
        // A connected account controls its customers' metadata, so they do not identify a user of Console.
        let asksForCustomers =
            projection.asksForCustomers && disposition == .projected && event.account == nil
            && removal?.cause != .erasure
        namedCustomers =
            asksForCustomers
            ? Set(event.shown.compactMap(\.object.customer).map { ObjectReference(.customer, $0) })
                .subtracting(customers.map(\.reference)).sorted() : []
        records = shown.filter { $0.reference.kind != .customer }
        newPayment = records.isEmpty ? nil : NewPayment(records, account: event.account)
    }

    package init(_ delivered: DeliveredEvent, projection: ProjectionPolicy) {
        self.init(
            delivered.event,
            payload: delivered.payload,
            receivedAt: delivered.receivedAt,
            source: delivered.source,
            projection: projection
        )
    }

    /// An event of the log, read again with the current code.
    ///
    /// - Returns: `nil` if the current code refuses the event; its log entry stays.
    package init?(_ stored: StoredEvent, projection: ProjectionPolicy) {
        guard let event = stored.event else { return nil }
        self.init(
            event,
            payload: stored.payload ?? [],
            receivedAt: stored.entry.receivedAt,
            source: stored.entry.source,
            projection: projection
        )
    }

    /// The event without personal data, for an erased customer.
    package func erased(projection: ProjectionPolicy) -> PreparedEvent {
        PreparedEvent(
            event.erased,
            payload: [],
            receivedAt: receivedAt,
            source: source,
            projection: projection,
            removal: BodyRemoval(at: receivedAt, cause: .erasure, archive: nil),
            size: size
        )
    }

    /// The extract that replaces the body; `nil` while the body is stored.
    package var essence: [UInt8]? { removal.flatMap { _ in RetainedFields.encode(event) } }

    package var objectID: String? { event.objectID }

    /// Whether the current code reads the event differently from its log entry.
    package func readsOtherwise(than entry: EventEntry) -> Bool {
        entry.disposition != disposition || entry.reason != reason || entry.objectID != objectID
    }

    /// Which missing objects to fetch from Stripe after the event is recorded.
    package var fetchPolicy: ProjectionPlan.FetchPolicy { source == .api ? .whatIsNew : .everything }

    /// The outcome of a delivery that is new to the log.
    package var outcome: RecordOutcome { disposition == .quarantined ? .quarantined : .recorded }
}
