package import Billing

/// A customer of a Stripe account.
package struct CustomerKey: Hashable, Sendable {
    package let customer: String
    /// `nil` for the platform account.
    package let account: String?

    package init(_ customer: String, account: String?) {
        self.customer = customer
        self.account = account
    }
}

/// A customer's data outside the events.
package struct StoredDataSummary: Sendable, Equatable {
    /// The ids of the objects of the customer's payments, and the ids that an earlier erasure found.
    package var ids: Set<String>
    package var transactions: Int
    /// The number of corrections of usage with a reason.
    package var corrections: Int
    /// The number of deployments with tags.
    package var tagged: Int
    /// The number of stored links to users and organizations.
    package var links: Int
    /// Whether the customer is marked as erased.
    package var isErased: Bool

    package init(
        ids: Set<String>,
        transactions: Int,
        corrections: Int,
        tagged: Int,
        links: Int,
        isErased: Bool
    ) {
        self.ids = ids
        self.transactions = transactions
        self.corrections = corrections
        self.tagged = tagged
        self.links = links
        self.isErased = isErased
    }
}

/// Erases the personal data of a customer and keeps the amounts.
///
/// A mark is permanent: later events of the customer are recorded without personal data.
package protocol PersonalDataErasure: EventLog {
    /// The customer's data outside the events.
    func holdings(of key: CustomerKey) async throws(StoreError) -> StoredDataSummary

    /// Marks a customer and the customer's objects, so that events about them are recorded without personal
    /// data from now on.
    func mark(_ ids: Set<String>, of key: CustomerKey, at now: Instant) async throws(StoreError)

    /// Replaces the content of events with the data that remain.
    ///
    /// - Returns: The number of events with data to erase.
    func erase(_ events: [StoredEvent], at now: Instant) async throws(StoreError) -> Int

    /// Derives the payments of a marked customer again, one at a time, and erases the data outside the log:
    /// users, organizations and texts.
    ///
    /// - Returns: The number of feed rows that changed.
    func eraseDerived(of key: CustomerKey) async throws(StoreError) -> Int

    /// Removes erased data from the database's files, as far as the database can.
    func scrub() async throws(StoreError)

    /// The ids that are marked as erased.
    func marked(among ids: Set<String>, account: String?) async throws(StoreError) -> Set<String>
}

extension String {
    /// Converts an account from its stored form, where `''` is the platform account.
    package var orNil: String? { isEmpty ? nil : self }
}
