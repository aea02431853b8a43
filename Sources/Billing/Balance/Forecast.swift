/// The spend that is to come, if no lease opens or closes before its escrow is used up.
///
/// Time is counted in blocks from the newest indexed one, by which the chain charges, so all amounts are exact.
package struct Forecast: Sendable, Equatable {
    /// One open lease, or the trend in place of all.
    struct Rate: Sendable, Equatable {
        /// `nil` for the trend.
        let dseq: Int64?
        let denomination: Denomination
        let pricePerBlock: TokenAmount
        /// The blocks until its escrow is used up; `nil` if that is unknown.
        let blocksLeft: Int64?
    }

    private let rates: [Rate]
    /// Whether the cost is known by the mean of the last finished days, because a lease has no price.
    package let isTrend: Bool
    private let blocksPerDay: Int64
    private let aktPrice: AKTPrice?

    /// The fewest finished days that make a trend, and the most that are taken.
    package static let trendDays = 3...7
    /// A balance that lasts longer than a hundred years does not run out.
    private static let mostDays: Int64 = 36_525

    /// The forecast by the prices of leases, or by the trend if one has none; `nil` if too few days are known for that.
    ///
    /// - Parameters:
    ///   - leases: The open leases.
    ///   - height: The newest indexed block.
    ///   - blocksPerDay: The blocks that the chain makes in a day, above zero.
    ///   - aktPrice: The newest known price.
    ///   - finished: The spend of the last finished days whose spend is known.
    package init?(
        _ leases: [LeaseRecord],
        at height: Int64,
        blocksPerDay: Int64,
        aktPrice: AKTPrice?,
        finished: [ExactAmount]
    ) {
        let next = height.addingClamped(1)
        let rates = leases.compactMap { lease -> Rate? in
            let end = lease.predictedEndHeight ?? lease.endHeight
            guard let price = lease.price(at: height), end ?? .max > next else { return nil }
            return Rate(
                dseq: lease.identity.dseq,
                denomination: price.denomination,
                pricePerBlock: price.pricePerBlock,
                blocksLeft: end?.subtractingClamped(next)
            )
        }
        self.blocksPerDay = blocksPerDay
        self.aktPrice = aktPrice
        if Spend(Self.amounts(of: rates) { _ in 1 }, aktPrice: aktPrice).total != nil {
            (self.rates, isTrend) = (rates, false)
            return
        }
        let days = finished.suffix(Self.trendDays.upperBound)
        guard days.count >= Self.trendDays.lowerBound else { return nil }
        let mean = TokenAmount(microDollars: days.reduce(.zero, +))
            .share(1, of: blocksPerDay &* Int64(clamping: days.count))
        self.rates = [Rate(dseq: nil, denomination: .uact, pricePerBlock: mean, blocksLeft: nil)]
        isTrend = true
    }

    /// The cost of some blocks of each lease, by token.
    private static func amounts(
        of rates: [Rate],
        _ blocks: (Rate) -> Int64
    ) -> [Denomination: TokenAmount] {
        rates.reduce(into: [:]) { amounts, rate in
            amounts[rate.denomination, default: .zero] += rate.pricePerBlock * blocks(rate)
        }
    }

    private func cost(_ blocks: (Rate) -> Int64) -> ExactAmount {
        Spend(Self.amounts(of: rates, blocks), aktPrice: aktPrice).known
    }

    /// The cost of some blocks, in dollars.
    package struct Range: Sendable, Equatable {
        /// Only the money that is in escrow is spent.
        package let low: ExactAmount
        /// Each lease goes on until its escrow is used up, or to the end if that is unknown.
        package let expected: ExactAmount
        /// All leases go on to the end.
        package let high: ExactAmount

        package static func + (spent: ExactAmount, range: Range) -> Range {
            Range(low: spent + range.low, expected: spent + range.expected, high: spent + range.high)
        }
    }

    /// The cost from one block to another, counted from the newest indexed one.
    package func cost(of blocks: Swift.Range<Int64>) -> Range {
        func length(_ end: Int64?) -> Int64 {
            let end = min(end ?? .max, blocks.upperBound)
            return max(0, end.subtractingClamped(blocks.lowerBound))
        }
        return Range(
            low: cost { length($0.blocksLeft ?? 0) },
            expected: cost { length($0.blocksLeft) },
            high: cost { _ in length(nil) }
        )
    }

    /// The cost of an hour of all open leases.
    package var burnPerHour: ExactAmount {
        let day = Self.amounts(of: rates) { _ in blocksPerDay }
        return Spend(day.mapValues { $0.divided(by: 24) }, aktPrice: aktPrice).known
    }

    /// The number of blocks after which a balance is used up; `nil` if it never is.
    package func blocksUntil(_ balance: ExactAmount) -> Int64? {
        func isUsedUp(after blocks: Int64) -> Bool { cost(of: 0..<blocks).expected >= balance }
        guard burnPerHour > .zero else { return nil }
        var (before, after) = (Int64(0), blocksPerDay &* Self.mostDays)
        if balance <= .zero { return 0 }
        guard isUsedUp(after: after) else { return nil }
        while after.subtractingClamped(before) > 1 {
            let middle = before.addingClamped(after.subtractingClamped(before) / 2)
            if isUsedUp(after: middle) { after = middle } else { before = middle }
        }
        return after
    }

    /// The deployment whose escrow is used up first, and after how many blocks.
    package var nextToClose: (dseq: Int64, blocks: Int64)? {
        rates.compactMap { rate in
            rate.dseq.flatMap { dseq in rate.blocksLeft.map { (dseq: dseq, blocks: $0) } }
        }.min { ($0.blocks, $0.dseq) < ($1.blocks, $1.dseq) }
    }

    /// The number of blocks in some seconds, rounded down.
    package func blocks(inSeconds seconds: Int64) -> Int64 {
        max(0, Int64(clamping: Int128(seconds) &* Int128(blocksPerDay) / 86_400))
    }

    /// The seconds that some blocks take, rounded up.
    package func seconds(ofBlocks blocks: Int64) -> Int64 {
        Int64(clamping: (Int128(blocks) &* 86_400 &+ Int128(blocksPerDay) &- 1) / Int128(blocksPerDay))
    }
}
