/// What open leases cost while they go on.
package enum BurnRate {
    /// What they cost per hour.
    ///
    /// - Parameters:
    ///   - leases: Those that nothing has ended.
    ///   - blocksPerDay: The pace of the chain.
    ///   - aktPrice: The newest that is known.
    /// - Returns: The cost of the blocks of a day, by 24.
    package static func perHour(_ leases: [LeaseRecord], blocksPerDay: Int64, aktPrice: AKTPrice?) -> Spend {
        var amounts: [Denomination: TokenAmount] = [:]
        for lease in leases {
            guard let price = lease.prices.last else { continue }
            amounts[price.denomination, default: .zero] += price.pricePerBlock * blocksPerDay
        }
        return Spend(amounts.mapValues { $0.divided(by: 24) }, aktPrice: aktPrice)
    }

    /// For how many days a balance lasts, to a tenth and rounded down.
    ///
    /// - Returns: `nil` when nothing is spent, or nobody knows how much; 0 when nothing is left.
    package static func daysLeft(_ balance: ExactAmount, perHour: Spend) -> String? {
        guard let rate = perHour.total, rate > .zero else { return nil }
        guard balance > .zero else { return "0.0" }
        return balance.tenths(of: rate).map { hours in
            let tenths = hours / 24
            return "\(tenths / 10).\(tenths % 10)"
        }
    }
}
