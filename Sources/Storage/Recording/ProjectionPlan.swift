package import Billing

/// The changes that some events make in the derived tables, computed from the current state.
///
/// This is the algorithm of the projection: merge the objects that the events show into the known ones, merge
/// payments whose objects turn out to belong together, and derive the rows of each payment again. A store
/// reads ``CurrentPayments``, makes a plan, and writes it.
package struct ProjectionPlan: Sendable {
    /// The objects to write, new ones and changed ones.
    package private(set) var objects: [StoredObject]
    /// Payments that became part of another: from old number to new number.
    package private(set) var merged: [Int64: Int64]
    /// The rows of the feed to write, by id.
    package private(set) var rows: [String: StoredTransaction] = [:]
    /// The ids of rows to delete.
    package private(set) var removedRows: Set<String> = []
    /// The user of Console that each customer belongs to; an inner `nil` means none.
    package private(set) var customers: [ObjectKey: String?]
    /// Questions that the events have answered, and that may wait to be asked.
    package private(set) var answered: Set<FetchKey> = []
    /// Questions to add unless they wait to be asked, with the time since when each is open.
    package private(set) var asked: [FetchKey: Instant] = [:]

    /// The number of rows that changed.
    package var changedRows: Int { rows.count + removedRows.count }

    /// Computes the changes.
    ///
    /// - Parameters:
    ///   - events: The events, in the order of the log.
    ///   - standing: The current state of everything that the events touch.
    package init(_ events: [IncomingEvent], standing: CurrentPayments) {
        if events.count == 1, let payment = events[0].newPayment, standing.hasNoPayments,
            events[0].customers.isEmpty
        {
            self.init(events[0], payment, standing)
        } else {
            self.init(merging: events, standing)
        }
    }

    private init(merging events: [IncomingEvent], _ standing: CurrentPayments) {
        var draft = ProjectionBuilder(standing)
        for event in events { draft.add(event) }
        merged = draft.movedStandingPayments
        objects = draft.changedObjects
        customers = draft.customers
        for event in events where event.fetchPolicy != .nothing { settle(whatStandsAlone: event, draft) }
        for (payment, touch) in draft.touched.sorted(by: { $0.key < $1.key }) {
            derive(payment, touch, draft)
        }
        // A row that moves from one payment to another stays, and so does a question that is asked again.
        removedRows.subtract(rows.keys)
        answered.subtract(asked.keys)
    }

    /// The changes of an event whose payment nothing is known about, which is the usual case: what follows from
    /// the event alone, without a draft.
    private init(
        _ event: IncomingEvent,
        _ payment: IncomingEvent.NewPayment,
        _ standing: CurrentPayments
    ) {
        let account = event.event.account
        objects = event.records.map { record in
            StoredObject(
                ObjectKey(record.reference, account: account),
                payment: event.payment,
                record: record
            )
        }
        (merged, customers) = ([:], [:])
        for row in payment.rows { rows[row.id] = StoredTransaction(row, payment: event.payment) }
        guard event.fetchPolicy != .nothing else { return }
        ask(payment.missing, account: account, now: event.receivedAt)
        let unknown = event.namedCustomers.filter { customer in
            standing.objects[ObjectKey(customer, account: account)]?.record.snapshot == nil
        }
        ask(unknown.map(StripeFetchRequest.object), account: account, now: event.receivedAt)
    }

    /// Adds the questions about the event itself and about its customers, which belong to no payment.
    private mutating func settle(whatStandsAlone event: IncomingEvent, _ draft: ProjectionBuilder) {
        let account = event.event.account
        if let question = event.question { ask([question], account: account, now: event.receivedAt) }
        for customer in event.customers.map(\.reference) {
            if draft.isAmbiguous(customer, account: account) {
                ask([.object(customer)], account: account, now: event.receivedAt)
            } else {
                answered.insert(FetchKey(.object(customer), account: account))
            }
        }
        let unknown = event.namedCustomers.filter { !draft.isShown($0, account: account) }
        ask(unknown.map(StripeFetchRequest.object), account: account, now: event.receivedAt)
    }

    private mutating func derive(
        _ payment: Int64,
        _ touch: ProjectionBuilder.TouchedPayment,
        _ draft: ProjectionBuilder
    ) {
        let derived: [Transaction]
        let missing: [StripeFetchRequest]
        let standing = draft.standingRows(ofPayment: payment)
        if let only = touch.onlyEvent, let first = only.newPayment {
            // The queue has no question about objects that were unknown until now.
            (derived, missing) = (first.rows, first.missing)
        } else {
            let group = PaymentGroup(draft.records(ofPayment: payment), account: touch.account)
            (derived, missing) = (group.transactions, group.missing)
        }
        for transaction in derived {
            let row = StoredTransaction(transaction, payment: payment)
            if let stored = standing[transaction.id], row.hasSameContent(as: stored) { continue }
            rows[transaction.id] = row
        }
        removedRows.formUnion(Set(standing.keys).subtracting(derived.map(\.id)))
        guard touch.fetchPolicy != .nothing else { return }
        if touch.onlyEvent == nil {
            let answers = touch.shownObjects.flatMap(StripeFetchRequest.about).filter {
                !missing.contains($0)
            }
            answered.formUnion(answers.map { FetchKey($0, account: touch.account) })
        }
        let known =
            touch.fetchPolicy == .whatIsNew ? draft.missingBefore(payment, account: touch.account) : []
        ask(missing.filter { !known.contains($0) }, account: touch.account, now: touch.firstReceivedAt)
    }

    private mutating func ask(_ questions: [StripeFetchRequest], account: String?, now: Instant) {
        for question in questions {
            let key = FetchKey(question, account: account)
            asked[key] = asked[key] ?? now
        }
    }
}

/// The intermediate state while a plan processes its events.
private struct ProjectionBuilder {
    /// A payment that some of the events are about.
    struct TouchedPayment {
        let account: String?
        let firstReceivedAt: Instant
        /// The most that any of its events asks for.
        var fetchPolicy: IncomingEvent.FetchPolicy
        /// The event, if the payment is new and no other event is about it.
        var onlyEvent: IncomingEvent?
        var shownObjects: Set<ObjectReference>
    }

    private let standing: CurrentPayments
    private var objects: [ObjectKey: StoredObject]
    private var members: [Int64: [ObjectKey]] = [:]
    private var changed: Set<ObjectKey> = []
    /// The payments that were merged into others: from old number to new number.
    private var moved: [Int64: Int64] = [:]
    private(set) var touched: [Int64: TouchedPayment] = [:]
    private(set) var customers: [ObjectKey: String?] = [:]

    init(_ standing: CurrentPayments) {
        self.standing = standing
        objects = standing.objects
        for (key, object) in objects { members[object.payment, default: []].append(key) }
    }

    // MARK: The result

    var changedObjects: [StoredObject] { changed.compactMap { objects[$0] } }

    var movedStandingPayments: [Int64: Int64] {
        guard !moved.isEmpty else { return [:] }
        let known = Set(standing.objects.values.map(\.payment))
        return moved.keys.filter(known.contains).reduce(into: [:]) { $0[$1] = destination(of: $1) }
    }

    func records(ofPayment payment: Int64) -> [ObjectRecord] {
        (members[payment] ?? []).compactMap { objects[$0]?.record }
    }

    func standingRows(ofPayment payment: Int64) -> [String: StoredTransaction] {
        parts(of: payment).reduce(into: [:]) { $0.merge(standing.rows[$1] ?? [:]) { first, _ in first } }
    }

    /// The questions about a payment, and about those merged into it, before the events.
    func missingBefore(_ payment: Int64, account: String?) -> [StripeFetchRequest] {
        let parts = Set(parts(of: payment))
        let records = standing.objects.values.filter { parts.contains($0.payment) }.map(\.record)
        return PaymentGroup(records, account: account).missing
    }

    func isShown(_ reference: ObjectReference, account: String?) -> Bool {
        objects[ObjectKey(reference, account: account)]?.record.snapshot != nil
    }

    func isAmbiguous(_ reference: ObjectReference, account: String?) -> Bool {
        objects[ObjectKey(reference, account: account)]?.record.isAmbiguous ?? false
    }

    // MARK: Taking events in

    mutating func add(_ event: IncomingEvent) {
        let account = event.event.account
        for record in event.customers { add(customer: record, account: account) }
        guard !event.records.isEmpty else { return }
        let keys = event.records.map { ObjectKey($0.reference, account: account) }
        let known = Set(keys.compactMap { objects[$0]?.payment })
        let payment = known.min() ?? event.payment
        for other in known where other != payment { join(other, into: payment) }
        for (key, record) in zip(keys, event.records) { merge(record, key, payment: payment) }
        let touch = TouchedPayment(
            account: account,
            firstReceivedAt: event.receivedAt,
            fetchPolicy: event.fetchPolicy,
            onlyEvent: known.isEmpty ? event : nil,
            shownObjects: Set(event.records.map(\.reference))
        )
        touched[payment] = touched[payment].map { $0.joined(by: touch) } ?? touch
    }

    /// Stores which user of Console a customer belongs to.
    private mutating func add(customer record: ObjectRecord, account: String?) {
        let key = ObjectKey(record.reference, account: account)
        // Customers belong to no payment.
        merge(record, key, payment: 0)
        if case .customer(let customer) = objects[key]?.record.snapshot?.object {
            customers[key] = .some(customer.consoleUser)
        }
    }

    private mutating func merge(_ record: ObjectRecord, _ key: ObjectKey, payment: Int64) {
        let before = objects[key]
        let merged = before?.record.merging(record) ?? record
        if before == nil { members[payment, default: []].append(key) }
        if merged == before?.record { return }
        objects[key] = StoredObject(key, payment: payment, record: merged)
        changed.insert(key)
    }

    private mutating func join(_ other: Int64, into payment: Int64) {
        moved[other] = payment
        let keys = members.removeValue(forKey: other) ?? []
        for key in keys {
            guard let object = objects[key] else { continue }
            objects[key] = StoredObject(key, payment: payment, record: object.record)
        }
        members[payment, default: []] += keys
        guard let theirs = touched.removeValue(forKey: other) else { return }
        // The event that connects the two payments is added afterwards, and then `onlyEvent` is cleared.
        touched[payment] = touched[payment].map { $0.joined(by: theirs) } ?? theirs
    }

    private func parts(of payment: Int64) -> [Int64] {
        [payment] + moved.keys.filter { destination(of: $0) == payment }
    }

    private func destination(of payment: Int64) -> Int64 {
        var payment = payment
        while let next = moved[payment] { payment = next }
        return payment
    }
}

extension ProjectionBuilder.TouchedPayment {
    fileprivate func joined(by other: Self) -> Self {
        Self(
            account: account,
            firstReceivedAt: min(firstReceivedAt, other.firstReceivedAt),
            fetchPolicy: fetchPolicy.or(other.fetchPolicy),
            onlyEvent: nil,
            shownObjects: shownObjects.union(other.shownObjects)
        )
    }
}

extension IncomingEvent.FetchPolicy {
    fileprivate func or(_ other: Self) -> Self {
        switch (self, other) {
        case (.everything, _), (_, .everything): .everything
        case (.whatIsNew, _), (_, .whatIsNew): .whatIsNew
        case (.nothing, .nothing): .nothing
        }
    }
}
