extension LeaseRecord {
    /// What this record says together with what was known, where its source tells the present and no past.
    ///
    /// An indexer writes a new price over the old one. What was paid until then stays in the record as a segment.
    ///
    /// - Parameters:
    ///   - known: The record that stands.
    ///   - height: Up to where what stands was seen to hold; a price that differs holds from the next height on.
    /// - Returns: `nil` when it says what is known.
    package func continuing(_ known: LeaseRecord, confirmedAt height: Int64?) -> LeaseRecord? {
        var record = self
        if known.createdHeight == createdHeight, let last = known.prices.last {
            record.prices = priced(after: known.prices, last, confirmedAt: height)
        }
        if state == .insufficientFunds, closedHeight == nil, let end = known.escrowEndHeight,
            let ours = escrowEndHeight
        {
            // Whoever only sees that it has ended saw it best when he saw it first.
            record.escrowEndHeight = min(end, ours)
        }
        var same = known
        same.asOfHeight = record.asOfHeight
        return same == record ? nil : record
    }

    private func priced(
        after known: [PriceSegment],
        _ last: PriceSegment,
        confirmedAt height: Int64?
    ) -> [PriceSegment] {
        guard prices.count == 1 else { return prices }
        let price = prices[0]
        if price.denomination == last.denomination, price.pricePerBlock == last.pricePerBlock { return known }
        guard let height, height >= last.fromHeight, height < JSONValue.maximumHeight else { return prices }
        // One that changes its price more often than a record can say is known by the last of its changes.
        return Array(known.prefix(Self.maximumSegments)) + [
            PriceSegment(
                fromHeight: height + 1,
                denomination: price.denomination,
                pricePerBlock: price.pricePerBlock
            )
        ]
    }
}
