package import Billing

/// What some events change in the derived tables, worked out from what stands there.
///
/// The one algorithm of the projection: merge what the events show into what is known of their objects, let
/// objects that turn out to belong together become one payment, and derive the rows of each payment anew. A store
/// reads ``StandingPayments``, makes a plan, and writes it.
package struct ProjectionPlan: Sendable {
    /// What of that which is missing is to be asked of Stripe.
    package enum Asking: Sendable {
        case nothing
        /// What was not missing before the event.
        case whatIsNew
        case everything
    }

    /// An event that is to be projected.
    package struct Entry: Sendable {
        package let event: PreparedEvent
        package let asking: Asking
        /// The number that its payment gets should nothing be known of that yet.
        package let payment: Int64

        package init(_ event: PreparedEvent, asking: Asking, payment: Int64) {
            self.event = event
            self.asking = asking
            self.payment = payment
        }
    }

    /// The objects to be written, new ones and changed ones.
    package private(set) var objects: [ObjectKey: StandingPayments.Object]
    /// Payments that became part of another one: number gone to number kept.
    package private(set) var merged: [Int64: Int64]
    /// Rows of the feed to be made or changed, by id, with the number of their payment.
    package private(set) var rows: [String: (row: TransactionRow, payment: Int64)] = [:]
    /// The ids of rows that are no more.
    package private(set) var removedRows: Set<String> = []
    /// Which user of Console the customers belong to; `nil` within: none.
    package private(set) var customers: [ObjectKey: String?]
    /// What was asked, perhaps, and has been answered by itself since.
    package private(set) var answered: Set<QuestionKey> = []
    /// What is to be asked unless it is already, and when it is due.
    package private(set) var asked: [QuestionKey: Instant] = [:]

    /// How many rows are other than they stood.
    package var changedRows: Int { rows.count + removedRows.count }

    /// Works out what is to be written.
    ///
    /// - Parameters:
    ///   - entries: In the order of the log.
    ///   - standing: What the tables hold of all that the events touch.
    package init(_ entries: [Entry], standing: StandingPayments) {
        var draft = ProjectionDraft(standing)
        for entry in entries { draft.add(entry) }
        merged = draft.movedStandingPayments
        objects = draft.changedObjects
        customers = draft.customers
        for entry in entries where entry.asking != .nothing { settle(whatStandsAlone: entry, draft) }
        for (payment, touch) in draft.touched.sorted(by: { $0.key < $1.key }) {
            derive(payment, touch, draft)
        }
        // A row that goes from one payment to another stays, and so does a question.
        removedRows.subtract(rows.keys)
        answered.subtract(asked.keys)
    }

    /// What an event asks about itself and about its customers, which belong to no payment.
    private mutating func settle(whatStandsAlone entry: Entry, _ draft: ProjectionDraft) {
        let event = entry.event
        let account = event.event.account
        if let question = event.question { ask([question], account: account, now: event.receivedAt) }
        for customer in event.customers.map(\.reference) {
            if draft.isUndecided(customer, account: account) {
                ask([.object(customer)], account: account, now: event.receivedAt)
            } else {
                answered.insert(QuestionKey(.object(customer), account: account))
            }
        }
        let unknown = event.namedCustomers.filter { !draft.isShown($0, account: account) }
        ask(unknown.map(StripeQuestion.object), account: account, now: event.receivedAt)
    }

    private mutating func derive(_ payment: Int64, _ touch: ProjectionDraft.Touch, _ draft: ProjectionDraft) {
        let derived: [TransactionRow]
        let missing: [StripeQuestion]
        let standing = draft.standingRows(ofPayment: payment)
        if let only = touch.onlyEvent, let first = only.firstPayment {
            // Nothing was asked about objects of which not even the names were known.
            (derived, missing) = (first.rows, first.missing)
        } else {
            let group = PaymentGroup(draft.records(ofPayment: payment), account: touch.account)
            (derived, missing) = (group.transactions.map { TransactionRow($0) }, group.missing)
        }
        for row in derived where standing[row.transaction.id] != row.body {
            rows[row.transaction.id] = (row, payment)
        }
        removedRows.formUnion(Set(standing.keys).subtracting(derived.map(\.transaction.id)))
        guard touch.asking != .nothing else { return }
        if touch.onlyEvent == nil {
            let answers = touch.told.flatMap(StripeQuestion.about).filter { !missing.contains($0) }
            answered.formUnion(answers.map { QuestionKey($0, account: touch.account) })
        }
        let known = touch.asking == .whatIsNew ? draft.missingBefore(payment, account: touch.account) : []
        ask(missing.filter { !known.contains($0) }, account: touch.account, now: touch.firstReceivedAt)
    }

    private mutating func ask(_ questions: [StripeQuestion], account: String?, now: Instant) {
        for question in questions {
            let key = QuestionKey(question, account: account)
            asked[key] = asked[key] ?? now.adding(seconds: question.patienceSeconds)
        }
    }
}
