package import Billing

/// An event with all that can be worked out before the writer's turn.
package struct PreparedEvent: Sendable {
    package let event: Event
    package let payload: [UInt8]
    package let receivedAt: Instant
    package let source: EventSource
    package let disposition: EventEntry.Disposition
    package let reason: String?
    /// The customers that the event shows.
    ///
    /// They make no payment one: their objects would join all their payments into one group.
    package let customers: [ObjectRecord]
    /// The customers that the event names and does not show, where Stripe is to be asked for those that are not known.
    package let namedCustomers: [ObjectReference]
    /// The other objects that the event shows or names.
    package let records: [ObjectRecord]
    /// What there will be to write should none of `records` be known yet, as is so of most.
    package let firstPayment: FirstPayment?
    /// What the event asks for by itself, whatever is known.
    package let question: StripeQuestion?
    /// Set where the event is to be recorded without its body.
    package let removal: BodyRemoval?
    /// Of the body as it was received, in bytes.
    package let size: Int

    /// A payment that nothing but one event tells of.
    package struct FirstPayment: Sendable {
        package let rows: [TransactionRow]
        package let missing: [StripeQuestion]

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
        case .snapshot, .remembered: (disposition, reason) = (isOurs ? .projected : .otherMode, nil)
        }
        if case .thin = event.content, isOurs { question = .thinEvent(event.id) } else { question = nil }
        let shown = disposition == .projected ? event.records(receivedAt: receivedAt) : []
        customers = shown.filter { $0.reference.kind == .customer }
        // Whose a connected account's customer is, its metadata do not say.
        let asksForCustomers =
            projection.asksForCustomers && disposition == .projected && event.account == nil
            && removal?.cause != .erasure
        namedCustomers =
            asksForCustomers
            ? Set(event.shown.compactMap(\.object.customer).map { ObjectReference(.customer, $0) })
                .subtracting(customers.map(\.reference)).sorted() : []
        records = shown.filter { $0.reference.kind != .customer }
        firstPayment = records.isEmpty ? nil : FirstPayment(records, account: event.account)
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

    /// An event of the log, read again with today's code.
    ///
    /// - Returns: `nil` for one that today's code refuses; the log keeps it all the same.
    package init?(_ logged: LoggedEvent, projection: ProjectionPolicy) {
        guard let event = logged.event else { return nil }
        self.init(
            event,
            payload: logged.payload ?? [],
            receivedAt: logged.entry.receivedAt,
            source: logged.entry.source,
            projection: projection
        )
    }

    /// The same event of a customer whose personal data were erased.
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

    /// What is kept in the place of the body; `nil` while that is there.
    package var essence: [UInt8]? { removal.flatMap { _ in EventEssence.encode(event) } }

    package var objectID: String? { event.objectID }

    /// Whether today's code says otherwise of an event than the log does.
    package func readsOtherwise(than entry: EventEntry) -> Bool {
        entry.disposition != disposition || entry.reason != reason || entry.objectID != objectID
    }

    /// What of that which is missing is to be asked of Stripe when the event is recorded.
    package var asking: ProjectionPlan.Asking { source == .api ? .whatIsNew : .everything }

    /// What the caller is told of an event that is new to the log.
    package var outcome: RecordOutcome { disposition == .quarantined ? .quarantined : .recorded }
}
