/// The cost of open leases.
package enum BurnRate {
    /// The cost per hour.
    ///
    /// - Parameters:
    ///   - leases: The open leases.
    ///   - height: The newest indexed block: a price from a later one does not hold yet.
    ///   - blocksPerDay: The number of blocks that the chain makes in a day.
    ///   - aktPrice: The newest known price.
    /// - Returns: The cost of a day's blocks, divided by 24.
    package static func perHour(
        _ leases: [LeaseRecord],
        at height: Int64,
        blocksPerDay: Int64,
        aktPrice: AKTPrice?
    ) -> Spend {
        var amounts: [Denomination: TokenAmount] = [:]
        for lease in leases {
            guard let price = lease.price(at: height) else { continue }
            amounts[price.denomination, default: .zero] += price.pricePerBlock * blocksPerDay
        }
        return Spend(amounts.mapValues { $0.divided(by: 24) }, aktPrice: aktPrice)
    }

    /// The number of days that a balance lasts, rounded down to a tenth.
    ///
    /// - Parameters:
    ///   - balance: The balance.
    ///   - perHour: The cost per hour.
    ///   - seconds: How long ago the balance was known.
    /// - Returns: `nil` if there is no spend, or if its price is unknown; 0 if the balance is used up.
    package static func daysLeft(
        _ balance: ExactAmount,
        perHour: Spend,
        after seconds: Int64 = 0
    ) -> String? {
        secondsLeft(balance, perHour: perHour).map { left in
            let tenths = max(0, left &- max(0, seconds)) / 8640
            return "\(tenths / 10).\(tenths % 10)"
        }
    }

    /// The number of seconds that a balance lasts, rounded down to a tenth of an hour.
    ///
    /// - Returns: `nil` if there is no spend, or if its price is unknown; 0 if the balance is used up.
    package static func secondsLeft(_ balance: ExactAmount, perHour: Spend) -> Int64? {
        guard let rate = perHour.total, rate > .zero else { return nil }
        guard balance > .zero else { return 0 }
        guard let hours = balance.tenths(of: rate) else { return nil }
        let (seconds, overflowed) = hours.multipliedReportingOverflow(by: 360)
        return overflowed ? nil : seconds
    }
}
