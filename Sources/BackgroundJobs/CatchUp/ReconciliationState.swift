import Billing
import Storage
import StripeAPI

/// The listed objects, and their comparison with the rows.
final class ReconciliationState {
    struct Result {
        var rows = 0
        var drift: [Drift] = []
        /// The objects of the payments that differ.
        var objects: [ObjectReference] = []
    }

    private let session: RunSession
    private var listed: Set<ObjectReference> = []
    /// Listed objects that hold something the log lacks.
    private var news: [ObjectReference: ListedSnapshot] = [:]
    /// For an object: the listed objects that refer to it.
    private var namedBy: [ObjectReference: Set<ObjectReference>] = [:]
    /// Results of single requests: whether Stripe has the object.
    private var isThere: [ObjectReference: Bool] = [:]
    private(set) var unchecked = 0

    init(_ session: RunSession) { self.session = session }

    /// Adds a page of objects.
    func take(_ page: ListedPage) async throws(Interruption) {
        guard let kind = page.kind else { return }
        let snapshots = page.objects.map {
            ListedSnapshot(kind, $0, observedAt: page.observedAt, apiVersion: session.context.apiVersion)
        }
        let known = try await session.known(about: snapshots.map(\.reference))
        for snapshot in snapshots { take(snapshot, known) }
    }

    private func take(_ snapshot: ListedSnapshot, _ known: SnapshotsOfList) {
        listed.insert(snapshot.reference)
        guard snapshot.objects != nil else {
            return session.progress.note(
                "\(snapshot.reference.kind.rawValue) \(snapshot.reference.id) cannot be read"
            )
        }
        guard snapshot.addsInformation(to: known) else {
            session.progress.unchanged += 1
            return
        }
        news[snapshot.reference] = snapshot
        for link in snapshot.objects?.flatMap(\.value.links) ?? [] {
            namedBy[link, default: []].insert(snapshot.reference)
        }
    }

    // MARK: Comparing

    /// Compares every row of the period, and every row of each payment that has a listed object.
    func compare() async throws(Interruption) -> Result {
        unchecked = 0
        var result = Result()
        var seenObjects: Set<ObjectReference> = []
        var seenRows: Set<String> = []
        let seeds = listed.sorted()
        for start in stride(from: 0, to: seeds.count, by: 100) {
            try await compare(
                seeds[start...].prefix(100).filter { !seenObjects.contains($0) },
                &result,
                &seenObjects,
                &seenRows
            )
        }
        try await compareUnlisted(&result, &seenObjects, &seenRows)
        result.drift.sort { ($0.id, $0.field ?? "") < ($1.id, $1.field ?? "") }
        return result
    }

    private func compare(
        _ seeds: [ObjectReference],
        _ result: inout Result,
        _ seenObjects: inout Set<ObjectReference>,
        _ seenRows: inout Set<String>
    ) async throws(Interruption) {
        var cache = try await session.payments(of: seeds)
        for seed in seeds where !seenObjects.contains(seed) {
            let payment = try await payment(around: seed, &cache)
            seenObjects.formUnion(payment.records.keys)
            let drift = try await compare(payment, &seenRows, &result.rows)
            guard !drift.isEmpty else { continue }
            result.drift += drift
            result.objects += payment.records.keys.sorted()
        }
    }

    /// A payment's stored objects, and the same merged with Stripe's current state.
    private struct Payment {
        var records: [ObjectReference: ObjectRecord] = [:]
        var merged: [ObjectReference: ObjectRecord] = [:]
    }

    private func payment(
        around seed: ObjectReference,
        _ cache: inout [ObjectReference: [ObjectRecord]]
    ) async throws(Interruption) -> Payment {
        var payment = Payment(records: [seed: ObjectRecord(reference: seed)])
        payment.merged = payment.records
        var waiting = [seed]
        var asked: Set<ObjectReference> = []
        while let reference = waiting.popLast() {
            guard reference.kind != .customer, asked.insert(reference).inserted else { continue }
            if cache[reference] == nil {
                cache.merge(try await session.payments(of: [reference])) { first, _ in first }
            }
            var added = cache[reference] ?? []
            for record in added { payment.records[record.reference] = record }
            if let snapshot = news[reference] { added += snapshot.records(in: session.context) }
            for record in added where record.reference.kind != .customer {
                let merged = payment.merged[record.reference]?.merging(record) ?? record
                payment.merged[record.reference] = merged
                waiting += [record.reference] + merged.links
            }
            waiting += namedBy[reference] ?? []
        }
        for reference in payment.merged.keys where payment.records[reference] == nil {
            payment.records[reference] = ObjectRecord(reference: reference)
        }
        return payment
    }

    private func compare(
        _ payment: Payment,
        _ seenRows: inout Set<String>,
        _ rows: inout Int
    ) async throws(Interruption) -> [Drift] {
        let account = session.account
        let wanted = PaymentGroup(Array(payment.merged.values), account: account).transactions
        let standing = PaymentGroup(Array(payment.records.values), account: account).transactions
        let theirs = Dictionary(wanted.map { ($0.id, $0) }) { first, _ in first }
        var drift: [Drift] = []
        for id in Set(theirs.keys).union(standing.map(\.id)) {
            guard seenRows.insert(id).inserted else { continue }
            rows += 1
            drift += Drift.between(try await session.row(id), theirs[id])
        }
        return drift + (try await vanished(of: payment, rows: wanted))
    }

    /// Rows whose object Stripe should list but does not have.
    private func vanished(of payment: Payment, rows: [Transaction]) async throws(Interruption) -> [Drift] {
        var drift: [String: Drift] = [:]
        for record in payment.records.values.sorted(by: { $0.reference < $1.reference }) {
            let (kind, id) = (record.reference.kind, record.reference.id)
            let row = rows.first { [$0.id, $0.charge, $0.refund, $0.dispute, $0.invoice].contains(id) }
            guard let row, drift[row.id] == nil, let created = record.snapshot?.object.created,
                isListable(kind, created), !listed.contains(record.reference),
                try await isThere(record.reference) == false
            else { continue }
            drift[row.id] = Drift(
                .missingAtStripe,
                id: row.id,
                type: row.type.rawValue,
                field: kind.rawValue,
                ours: id
            )
        }
        return Array(drift.values)
    }

    /// Whether the lists would have shown the object: created in the period, and its list read to the end.
    private func isListable(_ kind: ObjectKind, _ created: Instant) -> Bool {
        let request = session.request
        guard created >= request.from, request.through.map({ created <= $0 }) ?? true else { return false }
        return session.progress.lists.contains { $0.collection.kind == kind && $0.state == .done }
    }

    /// Compares the rows of the period without any listed object, by single requests.
    private func compareUnlisted(
        _ result: inout Result,
        _ seenObjects: inout Set<ObjectReference>,
        _ seenRows: inout Set<String>
    ) async throws(Interruption) {
        var cursor = Cursor.start
        while true {
            let page = try await session.rowsOfPeriod(cursor)
            for row in page.elements where !seenRows.contains(row.id) && isOurs(row) {
                guard let reference = row.requiredObject, isListed(reference.kind),
                    let isThere = try await isThere(reference)
                else { continue }
                if isThere {
                    try await compare([reference], &result, &seenObjects, &seenRows)
                } else {
                    seenRows.insert(row.id)
                    result.rows += 1
                    result.drift += Drift.between(row, nil)
                }
            }
            guard page.hasMore, let last = page.elements.last else { return }
            cursor = .startingAfter(last.id)
        }
    }

    private func isOurs(_ row: Transaction) -> Bool {
        row.account == session.account && row.livemode == session.livemode
    }

    private func isListed(_ kind: ObjectKind) -> Bool {
        !session.progress.lists.contains { $0.collection.kind == kind && $0.state == .refused }
    }

    /// Whether Stripe has the object, by a single request; `nil` after too many requests or an error.
    private func isThere(_ reference: ObjectReference) async throws(Interruption) -> Bool? {
        if let known = isThere[reference] { return known }
        guard isThere.count < Reconciliation.maximumSingleChecks else {
            unchecked += 1
            return nil
        }
        let answer: StripeAnswer?
        do throws(PageFault) {
            answer = try await session.object(reference)
        } catch {
            if case .interrupted(let interruption) = error { throw interruption }
            session.progress.note("\(reference.kind.rawValue) \(reference.id): \(error)")
            return nil
        }
        isThere[reference] = answer != nil
        if let answer {
            let object = ListedObject(id: reference.id, created: nil, bytes: answer.bytes)
            let observedAt = answer.date.map(Instant.init(unixSeconds:)) ?? session.now
            take(
                ListedSnapshot(
                    reference.kind,
                    object,
                    observedAt: observedAt,
                    apiVersion: session.context.apiVersion
                ),
                try await session.known(about: [reference])
            )
        }
        return answer != nil
    }

    // MARK: Repairing

    /// Records Stripe's current state of the payments that differ.
    ///
    /// If the log holds that state already, derives their rows again.
    func repair(_ found: Result) async throws(Interruption) {
        var stale: Set<ObjectReference> = []
        for reference in Set(found.objects).sorted() {
            guard let snapshot = news[reference] else {
                stale.insert(reference)
                continue
            }
            let known = try await session.known(about: [reference])
            guard snapshot.addsInformation(to: known),
                let delivery = snapshot.delivery(in: session.context, known: known)
            else {
                stale.insert(reference)
                continue
            }
            let outcomes = try await session.record([delivery])
            if outcomes == [.recorded] { session.progress.recorded += 1 } else { stale.insert(reference) }
        }
        for reference in stale.sorted() { try await session.deriveAgain(reference) }
    }
}

extension Transaction {
    /// The object that must exist at Stripe for this row to exist.
    fileprivate var requiredObject: ObjectReference? {
        switch type {
        case .refund: ObjectReference(.refund, id)
        case .dispute: ObjectReference(.dispute, id)
        case .purchase:
            if let paymentIntent {
                ObjectReference(.paymentIntent, paymentIntent)
            } else if let charge {
                ObjectReference(.charge, charge)
            } else {
                invoice.map { ObjectReference(.invoice, $0) }
            }
        // A credit that was given is this service's own, whatever invoice it names.
        case .credit: invoice.flatMap { id == $0 + "_credit" ? ObjectReference(.invoice, $0) : nil }
        }
    }
}

extension StripeObject {
    /// The creation time; `nil` for kinds that Stripe does not list by it.
    fileprivate var created: Instant? {
        switch self {
        case .paymentIntent(let value): value.created
        case .charge(let value): value.created
        case .refund(let value): value.created
        case .dispute(let value): value.created
        case .invoice(let value): value.created
        case .checkoutSession, .invoicePayment, .customer, .earlyFraudWarning, .review, .credit: nil
        }
    }
}
