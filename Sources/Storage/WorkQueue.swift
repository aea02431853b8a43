package import Billing

/// A question to ask Stripe later.
package struct FetchJob: Sendable, Equatable {
    package let question: StripeFetchRequest
    /// The connected account to ask on behalf of.
    package let account: String?
    /// The number of earlier attempts.
    package let attempts: Int

    package init(_ question: StripeFetchRequest, account: String?, attempts: Int) {
        self.question = question
        self.account = account
        self.attempts = attempts
    }
}

/// The size of the queue, for operators.
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

/// An item that was given up, and why.
package struct GivenUpWork: Sendable, Equatable {
    package let item: FetchJob
    /// As it was given, safe to show.
    package let reason: String

    package init(_ item: FetchJob, reason: String) {
        self.item = item
        self.reason = reason
    }
}

/// The queue of later work, stored with the events that ask for it, so that it survives restarts.
///
/// ``EventLog/record(_:)`` adds work in the database transaction of the event. A webhook asks for everything
/// that is missing of its payment, and again for items that were given up. An event of source
/// ``EventSource/api`` asks only for objects that were not missing before it; otherwise answers without new
/// data could cause each other for ever.
package protocol WorkQueue: Sendable {
    /// Takes up to `limit` due items that no other worker holds, for `seconds`.
    func lease(limit: Int, now: Instant, seconds: Int64) async throws(StoreError) -> [FetchJob]

    /// The item is done; a later event may ask for it again.
    func complete(_ item: FetchJob) async throws(StoreError)

    /// The item failed and is due again later.
    func postpone(_ item: FetchJob, until due: Instant, reason: String) async throws(StoreError)

    /// The item failed for good. It stays visible until an event or an operator asks for it again.
    func giveUp(_ item: FetchJob, reason: String) async throws(StoreError)

    /// Makes items due by `latest` that are due later, and ends their leases by then.
    ///
    /// For a clock that was ahead when the items were postponed, so that their stored times are wrong.
    func reschedule(until latest: Instant) async throws(StoreError)

    func summary() async throws(StoreError) -> WorkSummary

    /// The items that were given up, the one added last first.
    func givenUp(limit: Int) async throws(StoreError) -> [GivenUpWork]
}
