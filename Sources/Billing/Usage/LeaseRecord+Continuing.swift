import JSON

extension LeaseRecord {
    /// Merges this record with the known one, for a source that has only the present state.
    ///
    /// An indexer overwrites an old price with a new one. The earlier price stays in the record as a segment.
    ///
    /// - Parameters:
    ///   - known: The record in the ledger.
    ///   - height: The last height at which the known record was confirmed; a different price applies from
    ///     the next height on.
    /// - Returns: `nil` if the result equals the known record.
    package func continuing(_ known: LeaseRecord, confirmedAt height: Int64?) -> LeaseRecord? {
        var record = numbered(like: known.identity)
        if known.createdHeight == createdHeight, let last = known.prices.last {
            record.prices = priced(after: known.prices, last, confirmedAt: height)
        }
        if state == .insufficientFunds, closedHeight == nil, let end = known.escrowEndHeight,
            let ours = escrowEndHeight
        {
            // If a source shows only that the escrow has ended, the earliest observation is the closest to
            // the actual height.
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
        // If the price changes more often than a record has segments, the last segment is replaced.
        return Array(known.prefix(Self.maximumSegments)) + [
            PriceSegment(
                fromHeight: height &+ 1,
                denomination: price.denomination,
                pricePerBlock: price.pricePerBlock
            )
        ]
    }
}
