/// The usage of one lease on one day.
package struct LeaseDay: Hashable, Sendable {
    package let date: CalendarDate
    /// The number of the day's blocks that the lease was paid for; at least one.
    package let blocks: Int64
    /// The cost, by the token in which it was paid.
    package let amounts: [Denomination: TokenAmount]

    package init(date: CalendarDate, blocks: Int64, amounts: [Denomination: TokenAmount]) {
        self.date = date
        self.blocks = blocks
        self.amounts = amounts
    }
}

extension LeaseRecord {
    /// The lease's usage on a day; `nil` if the lease has no block on it.
    ///
    /// Ranges of heights are half-open, so that the days of a lease add up to its whole duration: a block
    /// belongs to one day, and the block that closes a lease to none of the lease's days.
    package func usage(on day: CalendarDay) -> LeaseDay? {
        let (blocks, amounts) = cost(of: day.heights)
        return blocks == 0 ? nil : LeaseDay(date: day.date, blocks: blocks, amounts: amounts)
    }

    /// The heights that the lease is paid for.
    package var life: Range<Int64> { createdHeight..<max(createdHeight, endHeight ?? .max) }

    /// The heights in which the two records of a lease may come to different usage.
    ///
    /// - Parameter other: Another record of the same lease.
    /// - Returns: `nil` if both come to the same everywhere.
    package func heights(differingFrom other: LeaseRecord) -> Range<Int64>? {
        let first = min(life.lowerBound, other.life.lowerBound)
        let end = max(life.upperBound, other.life.upperBound)
        guard resources == other.resources, createdHeight == other.createdHeight else { return first..<end }
        var begin =
            life.upperBound == other.life.upperBound ? end : min(life.upperBound, other.life.upperBound)
        for index in 0..<max(prices.count, other.prices.count) {
            let price = index < prices.count ? prices[index] : nil
            let otherPrice = index < other.prices.count ? other.prices[index] : nil
            guard price != otherPrice else { continue }
            begin = min(begin, price?.fromHeight ?? .max, otherPrice?.fromHeight ?? .max)
            break
        }
        begin = max(begin, first)
        return begin < end ? begin..<end : nil
    }

    /// The cost of those blocks in a range that the lease was paid for.
    package func cost(of heights: Range<Int64>) -> (blocks: Int64, amounts: [Denomination: TokenAmount]) {
        var amounts: [Denomination: TokenAmount] = [:]
        let blocks = addCost(of: heights, to: &amounts)
        return (blocks, amounts)
    }

    /// Adds that cost to some amounts.
    ///
    /// - Returns: The number of those blocks.
    func addCost(of heights: Range<Int64>, to amounts: inout [Denomination: TokenAmount]) -> Int64 {
        let paid = heights.clamped(to: life)
        guard !paid.isEmpty else { return 0 }
        for index in firstPrice(endingAfter: paid.lowerBound)..<prices.count {
            let price = prices[index]
            guard price.fromHeight < paid.upperBound else { break }
            let next = index + 1 < prices.count ? prices[index + 1].fromHeight : .max
            let blocks = paid.clamped(to: price.fromHeight..<max(price.fromHeight, next)).count
            guard blocks > 0 else { continue }
            amounts[price.denomination, default: .zero] += price.pricePerBlock * Int64(blocks)
        }
        return Int64(paid.count)
    }

    /// The index of the first price that applies at a height or after it, by bisection: a record may have a thousand
    /// prices, and each of two thousand days asks.
    private func firstPrice(endingAfter height: Int64) -> Int {
        var (first, end) = (0, prices.count - 1)
        while first < end {
            let middle = (first + end) / 2
            if prices[middle + 1].fromHeight <= height { first = middle + 1 } else { end = middle }
        }
        return first
    }
}
