package import Billing

/// The outcome of setting customers' addresses.
package enum AccountsOutcome: Sendable, Equatable {
    /// - Parameter changed: The number of customers whose addresses changed.
    case set(changed: Int)
    /// An address would belong to two customers on the same day; no data were changed.
    case shared(SharedAddress)
}

/// An address that two customers would have at the same time.
package struct SharedAddress: Sendable, Equatable {
    package let customer: String
    package let other: String
    /// The days that they would share.
    package let period: AccountPeriod

    package init(customer: String, other: String, period: AccountPeriod) {
        self.customer = customer
        self.other = other
        self.period = period
    }
}

/// The customers whose addresses change, and whether an address would then belong to two customers at once.
struct AccountsPlan: Sendable {
    /// The customers whose addresses to replace; none if an address would be shared.
    let replaced: [String: Set<AccountPeriod>]
    let outcome: AccountsOutcome

    /// - Parameters:
    ///   - maps: The addresses to set; the last map of a customer counts.
    ///   - holders: The stored addresses of these customers, and the other customers of addresses in the maps.
    init(_ maps: [AccountMap], holders: [AddressHolder]) {
        let fresh = Dictionary(maps.map { ($0.customer, Set($0.accounts)) }) { $1 }
        let known = Dictionary(grouping: holders, by: \.customer).mapValues { Set($0.map(\.period)) }
        if let shared = Self.shared(known.merging(fresh) { $1 }) {
            (replaced, outcome) = ([:], .shared(shared))
        } else {
            replaced = fresh.filter { $0.value != known[$0.key] ?? [] }
            outcome = .set(changed: replaced.count)
        }
    }

    private static func shared(_ customers: [String: Set<AccountPeriod>]) -> SharedAddress? {
        var earlier: [String: [AddressHolder]] = [:]
        for (customer, periods) in customers.sorted(by: { $0.key < $1.key }) {
            for period in periods {
                for other in earlier[period.address] ?? [] where other.customer != customer {
                    guard let days = period.overlap(other.period) else { continue }
                    return SharedAddress(customer: other.customer, other: customer, period: days)
                }
                earlier[period.address, default: []].append(
                    AddressHolder(customer: customer, period: period)
                )
            }
        }
        return nil
    }
}
