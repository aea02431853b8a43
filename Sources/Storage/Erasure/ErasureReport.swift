import Billing

/// What an erasure came to, or would come to.
package struct ErasureReport: Sendable, Equatable {
    package let key: CustomerKey
    /// Whether nothing was changed, because only the extent was asked for.
    package let isDryRun: Bool
    /// Whether the customer had been erased before.
    package let wasErased: Bool
    /// Events with something to erase.
    package var events: Int
    /// Rows of the feed that are the customer's.
    package var transactions: Int
    /// Credits with a description.
    package var credits: Int
    /// Links to users and organizations that were put.
    package var links: Int
    /// Files of the archive that have, or had, bodies of the customer's.
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

/// Why an erasure did not come to its end; asked for again, it goes on with what is left.
package enum ErasureFault: Error, Equatable, CustomStringConvertible {
    case store(StoreError)
    /// The database is done.
    case archive(String)

    package var description: String {
        switch self {
        case .store(let error): "\(error)"
        case .archive(let why): "The database is done, the archive is not: \(why). Mend it, and erase again."
        }
    }
}
