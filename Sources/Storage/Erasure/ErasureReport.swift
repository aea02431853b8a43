import Billing

/// The extent of an erasure, or of a dry run.
package struct ErasureReport: Sendable, Equatable {
    package let key: CustomerKey
    /// Whether this was a dry run, which changes no data.
    package let isDryRun: Bool
    /// Whether the customer had been erased before.
    package let wasErased: Bool
    /// The number of events with data to erase.
    package var events = 0
    /// The number of the customer's rows in the feed.
    package var transactions = 0
    /// The number of corrections of usage with a reason.
    package var corrections = 0
    /// The number of deployments with tags.
    package var tagged = 0
    /// The number of stored links to users and organizations.
    package var links = 0
    /// The archive files that contain, or contained, bodies of the customer.
    package var archives: [String] = []
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
