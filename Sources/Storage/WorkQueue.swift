package import Billing

/// Something to be asked of Stripe later.
package struct WorkItem: Sendable, Equatable {
    package let question: StripeQuestion
    /// The connected account to ask on behalf of.
    package let account: String?
    /// How often it was tried, this time not counted.
    package let attempts: Int

    package init(_ question: StripeQuestion, account: String?, attempts: Int) {
        self.question = question
        self.account = account
        self.attempts = attempts
    }
}

/// What is left to do, for operators.
package struct WorkSummary: Sendable, Equatable {
    package let pending: Int
    package let gaveUp: Int
    package let oldestDueAt: Instant?

    package init(pending: Int, gaveUp: Int, oldestDueAt: Instant?) {
        self.pending = pending
        self.gaveUp = gaveUp
        self.oldestDueAt = oldestDueAt
    }
}

/// Something that was given up, and why.
package struct GivenUpWork: Sendable, Equatable {
    package let item: WorkItem
    /// As it was given, safe to show.
    package let reason: String

    package init(_ item: WorkItem, reason: String) {
        self.item = item
        self.reason = reason
    }
}

/// What is to be done later, kept with the events that ask for it: it survives every restart.
///
/// Work is asked for by ``EventLog/record(_:)``, in the database transaction of the event: a webhook's asks for all
/// that is missing of its payment, and again for what was given up; one of ``EventSource/api`` only for what was not
/// missing before it, so that answers which settle nothing cannot ask for one another for ever.
package protocol WorkQueue: Sendable {
    /// Takes up to `limit` items that are due and that nobody else holds, for `seconds`.
    func lease(limit: Int, now: Instant, seconds: Int64) async throws(StoreError) -> [WorkItem]

    /// The item is done; it may be asked for again by a later event.
    func complete(_ item: WorkItem) async throws(StoreError)

    /// The item failed and is due again later.
    func postpone(_ item: WorkItem, until due: Instant, reason: String) async throws(StoreError)

    /// The item failed for good. It stays visible until an event or an operator asks for it again.
    func giveUp(_ item: WorkItem, reason: String) async throws(StoreError)

    /// Makes due by `latest`, and free to be leased, what would otherwise be so only later.
    ///
    /// For when what is written down cannot be trusted: the clock was ahead when it was put off.
    func hasten(until latest: Instant) async throws(StoreError)

    func summary() async throws(StoreError) -> WorkSummary

    /// What was given up, what was asked for last coming first.
    func givenUp(limit: Int) async throws(StoreError) -> [GivenUpWork]
}
