import Billing

/// The intermediate state while a plan processes its events.
struct ProjectionBuilder {
    /// A payment that some of the events are about.
    struct TouchedPayment {
        let account: String?
        let firstReceivedAt: Instant
        /// The most that any of its events asks for.
        var fetchPolicy: ProjectionPlan.FetchPolicy
        /// The event, if the payment is new and no other event is about it.
        var onlyEvent: PreparedEvent?
        var shownObjects: Set<ObjectReference>
    }

    private let standing: CurrentPayments
    private var objects: [ObjectKey: CurrentPayments.Object]
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

    var changedObjects: [ObjectKey: CurrentPayments.Object] { objects.filter { changed.contains($0.key) } }

    var movedStandingPayments: [Int64: Int64] {
        guard !moved.isEmpty else { return [:] }
        let known = Set(standing.objects.values.map(\.payment))
        return moved.keys.filter(known.contains).reduce(into: [:]) { $0[$1] = destination(of: $1) }
    }

    func records(ofPayment payment: Int64) -> [ObjectRecord] {
        (members[payment] ?? []).compactMap { objects[$0]?.record }
    }

    func standingRows(ofPayment payment: Int64) -> [String: [UInt8]] {
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

    mutating func add(_ entry: ProjectionPlan.Entry) {
        let event = entry.event
        let account = event.event.account
        for record in event.customers { add(customer: record, account: account) }
        guard !event.records.isEmpty else { return }
        let keys = event.records.map { ObjectKey($0.reference, account: account) }
        let known = Set(keys.compactMap { objects[$0]?.payment })
        let payment = known.min() ?? entry.payment
        for other in known where other != payment { join(other, into: payment) }
        for (key, record) in zip(keys, event.records) { merge(record, key, payment: payment) }
        let touch = TouchedPayment(
            account: account,
            firstReceivedAt: event.receivedAt,
            fetchPolicy: entry.fetchPolicy,
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
        objects[key] = CurrentPayments.Object(payment: payment, record: merged)
        changed.insert(key)
    }

    private mutating func join(_ other: Int64, into payment: Int64) {
        moved[other] = payment
        let keys = members.removeValue(forKey: other) ?? []
        for key in keys {
            guard let object = objects[key] else { continue }
            objects[key] = CurrentPayments.Object(payment: payment, record: object.record)
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

extension ProjectionPlan.FetchPolicy {
    fileprivate func or(_ other: Self) -> Self {
        switch (self, other) {
        case (.everything, _), (_, .everything): .everything
        case (.whatIsNew, _), (_, .whatIsNew): .whatIsNew
        case (.nothing, .nothing): .nothing
        }
    }
}
