package import Billing

/// A customer of one of Stripe's accounts.
package struct CustomerKey: Hashable, Sendable {
    package let customer: String
    /// `nil` for one's own account.
    package let account: String?

    package init(_ customer: String, account: String?) {
        self.customer = customer
        self.account = account
    }
}

/// An event of the log with its number there.
package struct NumberedEvent: Sendable {
    package let sequence: Int64
    package let event: LoggedEvent

    package init(sequence: Int64, event: LoggedEvent) {
        self.sequence = sequence
        self.event = event
    }
}

/// What stays of an event whose personal data are erased.
package struct ErasableEvent: Sendable {
    package let sequence: Int64
    /// `nil` of one that could not be read: nothing stays but what the log says of it.
    package let essence: [UInt8]?

    package init(_ numbered: NumberedEvent) {
        sequence = numbered.sequence
        essence = (numbered.event.event?.erased).flatMap(EventEssence.encode)
    }
}

/// What is known of a customer beside the events.
package struct CustomerHoldings: Sendable, Equatable {
    /// The ids of the objects of the customer's payments, and of what an earlier erasure found.
    package var ids: Set<String>
    package var transactions: Int
    /// Credits with a description.
    package var credits: Int
    /// Links to users and organizations that were put.
    package var links: Int
    /// Whether the customer is marked as erased.
    package var isErased: Bool

    package init(ids: Set<String>, transactions: Int, credits: Int, links: Int, isErased: Bool) {
        self.ids = ids
        self.transactions = transactions
        self.credits = credits
        self.links = links
        self.isErased = isErased
    }
}

/// Erasing what is known of a person, while amounts stay.
///
/// A customer who is marked stays so: what comes of theirs later is recorded without personal data.
package protocol PersonalDataErasure: Sendable {
    /// What is known of a customer beside the events.
    func holdings(of key: CustomerKey) async throws(StoreError) -> CustomerHoldings

    /// Events of an account in the order of the log.
    ///
    /// - Parameters:
    ///   - sequence: The number of the last one before.
    ///   - limit: How many at most; fewer where they are large.
    /// - Returns: None at the end.
    /// - Throws: ``StoreError``.
    func events(after sequence: Int64, limit: Int) async throws(StoreError) -> [NumberedEvent]

    /// Marks a customer, and what is the customer's, so that events about them are recorded without personal data
    /// from now on.
    func mark(_ ids: Set<String>, of key: CustomerKey, at now: Instant) async throws(StoreError)

    /// Puts what stays of some events in the place of what was kept of them.
    ///
    /// - Returns: How many had something to erase.
    func erase(_ events: [ErasableEvent], at now: Instant) async throws(StoreError) -> Int

    /// Derives the payments of a marked customer again, a payment at a time, and erases what is kept beside the log:
    /// users and organizations, and descriptions of credits.
    ///
    /// - Returns: How many rows of the feed are other than they stood.
    func eraseDerived(of key: CustomerKey) async throws(StoreError) -> Int

    /// Makes what was erased unfindable in the database's own files, as far as a database can.
    func scrub() async throws(StoreError)

    /// Which of some ids are marked.
    func marked(among ids: Set<String>, account: String?) async throws(StoreError) -> Set<String>
}

extension String {
    /// An account as the stores keep it, where `''` is one's own.
    package var orNil: String? { isEmpty ? nil : self }
}
