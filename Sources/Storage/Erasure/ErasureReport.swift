import Billing

/// The extent of an erasure, or of a dry run.
package struct ErasureReport: Sendable, Equatable {
    package let key: CustomerKey
    /// Whether this was a dry run, which changes no data.
    package let isDryRun: Bool
    /// Whether the customer had been erased before.
    package let wasErased: Bool
    /// The number of events with data to erase.
    package var events: Int
    /// The number of the customer's rows in the feed.
    package var transactions: Int
    /// The number of credits with a description.
    package var credits: Int
    /// The number of stored links to users and organizations.
    package var links: Int
    /// The archive files that contain, or contained, bodies of the customer.
    package var archives: [String]

    package init(
        _ key: CustomerKey,
        isDryRun: Bool,
        wasErased: Bool,
        events: Int = 0,
        transactions: Int = 0,
        credits: Int = 0,
        links: Int = 0,
        archives: [String] = []
    ) {
        self.key = key
        self.isDryRun = isDryRun
        self.wasErased = wasErased
        self.events = events
        self.transactions = transactions
        self.credits = credits
        self.links = links
        self.archives = archives
    }
}

/// Why an erasure failed; requested again, it continues with the remaining data.
package enum ErasureFault: Error, Equatable, CustomStringConvertible {
    case store(StoreError)
    /// The archive failed, after the database was erased.
    case archive(String)

    package var description: String {
        switch self {
        case .store(let error): "\(error)"
        case .archive(let why): "The database is done, the archive is not: \(why). Fix it, and erase again."
        }
    }
}
