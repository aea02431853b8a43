import Billing
import Foundation
import GRDB
import Storage

/// An event with all that can be worked out before the writer's turn.
struct PreparedEvent: Sendable {
    let event: Event
    let payload: Data
    let receivedAt: Instant
    let source: EventSource
    let disposition: EventEntry.Disposition
    let reason: String?
    /// The customers that the event shows.
    ///
    /// They make no payment one: their objects would join all their payments into one group.
    let customers: [ObjectRecord]
    /// The other objects that the event shows or names.
    let records: [ObjectRecord]
    /// What there will be to write should none of `records` be known yet, as is so of most.
    let firstPayment: FirstPayment?
    /// What the event asks for by itself, whatever is known.
    let question: StripeQuestion?

    /// A payment that nothing but one event tells of.
    struct FirstPayment: Sendable {
        let rows: [TransactionRow]
        let missing: [StripeQuestion]

        init(_ records: [ObjectRecord], account: String?) {
            let group = PaymentGroup(records, account: account)
            rows = group.transactions.map { TransactionRow($0, body: TransactionRow.encode($0)) }
            missing = group.missing
        }
    }

    init(
        _ event: Event,
        payload: Data,
        receivedAt: Instant,
        source: EventSource,
        projection: ProjectionPolicy
    ) {
        self.event = event
        self.payload = payload
        self.receivedAt = receivedAt
        self.source = source
        let isOurs = projection.livemode == nil || projection.livemode == event.livemode
        switch event.content {
        case .other: (disposition, reason) = (.ignored, nil)
        case .unreadable(let why): (disposition, reason) = (.quarantined, why)
        case .thin: (disposition, reason) = (isOurs ? .ignored : .otherMode, nil)
        case .snapshot: (disposition, reason) = (isOurs ? .projected : .otherMode, nil)
        }
        if case .thin = event.content, isOurs { question = .thinEvent(event.id) } else { question = nil }
        let shown = disposition == .projected ? event.records(receivedAt: receivedAt) : []
        customers = shown.filter { $0.reference.kind == .customer }
        records = shown.filter { $0.reference.kind != .customer }
        firstPayment = records.isEmpty ? nil : FirstPayment(records, account: event.account)
    }

    var objectID: String? {
        guard case .snapshot(let object) = event.content else { return nil }
        return object.reference.id
    }
}

/// Writes one event and what follows from it, inside the writer's database transaction.
struct EventRecorder: Sendable {
    let tables: ProjectionTables
    let projection: ProjectionPolicy

    func record(_ prepared: PreparedEvent, _ db: Database) throws -> RecordOutcome {
        guard try insert(prepared, db) else { return .duplicate }
        try Projector(tables: tables, db: db)
            .project(prepared, asking: prepared.source == .api ? .whatIsNew : .everything)
        return prepared.disposition == .quarantined ? .quarantined : .recorded
    }

    /// - Returns: Whether the event is new.
    private func insert(_ prepared: PreparedEvent, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO events
                    (id, type, created, received_at, livemode, account, api_version, source,
                     disposition, reason, object_id, payload)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """
        )
        let event = prepared.event
        try statement.execute(arguments: [
            event.id, event.type, event.created?.unixSeconds, prepared.receivedAt.unixSeconds, event.livemode,
            event.account, event.apiVersion, prepared.source.rawValue, prepared.disposition.rawValue,
            prepared.reason, prepared.objectID, prepared.payload,
        ])
        return db.changesCount > 0
    }
}
