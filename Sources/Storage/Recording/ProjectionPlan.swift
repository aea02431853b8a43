package import Billing

/// The changes that some events make in the derived tables, computed from the current state.
///
/// This is the algorithm of the projection: merge the objects that the events show into the known ones, merge
/// payments whose objects turn out to belong together, and derive the rows of each payment again. A store
/// reads ``CurrentPayments``, makes a plan, and writes it.
package struct ProjectionPlan: Sendable {
    /// Which missing objects to fetch from Stripe.
    package enum FetchPolicy: Sendable {
        case nothing
        /// Only objects that were not missing before the event.
        case whatIsNew
        case everything
    }

    /// An event to project.
    package struct Entry: Sendable {
        package let event: PreparedEvent
        package let fetchPolicy: FetchPolicy
        /// The number that its payment gets if none of the payment's objects is known.
        package let payment: Int64

        package init(_ event: PreparedEvent, fetchPolicy: FetchPolicy, payment: Int64) {
            self.event = event
            self.fetchPolicy = fetchPolicy
            self.payment = payment
        }
    }

    /// The objects to write, new ones and changed ones.
    package private(set) var objects: [ObjectKey: CurrentPayments.Object]
    /// Payments that became part of another: from old number to new number.
    package private(set) var merged: [Int64: Int64]
    /// The rows of the feed to write, by id, with the number of their payment.
    package private(set) var rows: [String: (row: TransactionRow, payment: Int64)] = [:]
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
    ///   - entries: The events, in the order of the log.
    ///   - standing: The current state of everything that the events touch.
    package init(_ entries: [Entry], standing: CurrentPayments) {
        var draft = ProjectionBuilder(standing)
        for entry in entries { draft.add(entry) }
        merged = draft.movedStandingPayments
        objects = draft.changedObjects
        customers = draft.customers
        for entry in entries where entry.fetchPolicy != .nothing { settle(whatStandsAlone: entry, draft) }
        for (payment, touch) in draft.touched.sorted(by: { $0.key < $1.key }) {
            derive(payment, touch, draft)
        }
        // A row that moves from one payment to another stays, and so does a question that is asked again.
        removedRows.subtract(rows.keys)
        answered.subtract(asked.keys)
    }

    /// Adds the questions about the event itself and about its customers, which belong to no payment.
    private mutating func settle(whatStandsAlone entry: Entry, _ draft: ProjectionBuilder) {
        let event = entry.event
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
        let derived: [TransactionRow]
        let missing: [StripeFetchRequest]
        let standing = draft.standingRows(ofPayment: payment)
        if let only = touch.onlyEvent, let first = only.newPayment {
            // The queue has no question about objects that were unknown until now.
            (derived, missing) = (first.rows, first.missing)
        } else {
            let group = PaymentGroup(draft.records(ofPayment: payment), account: touch.account)
            (derived, missing) = (group.transactions.map { TransactionRow($0) }, group.missing)
        }
        for row in derived where standing[row.transaction.id] != row.body {
            rows[row.transaction.id] = (row, payment)
        }
        removedRows.formUnion(Set(standing.keys).subtracting(derived.map(\.transaction.id)))
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
