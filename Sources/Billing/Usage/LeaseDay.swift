/// What one lease did on one day.
package struct LeaseDay: Hashable, Sendable {
    package let date: CivilDate
    /// How many blocks of the day it was paid for; at least one.
    package let blocks: Int64
    /// What it cost, by what it was paid in.
    package let amounts: [Denomination: TokenAmount]

    package init(date: CivilDate, blocks: Int64, amounts: [Denomination: TokenAmount]) {
        self.date = date
        self.blocks = blocks
        self.amounts = amounts
    }
}

extension LeaseRecord {
    /// What the lease did on a day; `nil` when no block of the day is its own.
    ///
    /// Heights are half open, so that the days of a lease add up to its life: a block belongs to one day, and the
    /// block that closes a lease to none of its.
    package func usage(on day: CalendarDay) -> LeaseDay? {
        let (blocks, amounts) = cost(of: day.heights)
        return blocks == 0 ? nil : LeaseDay(date: day.date, blocks: blocks, amounts: amounts)
    }

    /// The heights that it is paid for.
    var life: Range<Int64> { createdHeight..<max(createdHeight, endHeight ?? .max) }

    /// What the blocks of a range cost, of those that the lease was paid for.
    package func cost(of heights: Range<Int64>) -> (blocks: Int64, amounts: [Denomination: TokenAmount]) {
        let paid = heights.clamped(to: life)
        var amounts: [Denomination: TokenAmount] = [:]
        guard !paid.isEmpty else { return (0, amounts) }
        for (index, price) in prices.enumerated() {
            let next = index + 1 < prices.count ? prices[index + 1].fromHeight : .max
            let blocks = paid.clamped(to: price.fromHeight..<max(price.fromHeight, next)).count
            guard blocks > 0 else { continue }
            amounts[price.denomination, default: .zero] += price.pricePerBlock * Int64(blocks)
        }
        return (Int64(paid.count), amounts)
    }
}
