package import Billing

/// Computes the customers' balance and the rate of their spend.
package struct BalanceReader: Sendable {
    private let feed: any TransactionFeed
    private let usage: any UsageLedger

    package init(feed: any TransactionFeed, usage: any UsageLedger) {
        self.feed = feed
        self.usage = usage
    }

    /// The balance of each day up to a date, by the days of a time zone.
    package func sheet(
        of customers: CustomerGroup,
        through date: CalendarDate,
        in zone: LocalTime = .utc
    ) async throws -> BalanceSheet {
        var rows: [Transaction] = []
        let all = TransactionFilter(customers.accessScope)
        for try await page in FeedRows(feed: feed, filter: all) { rows += page }
        let (lines, unknownBefore) = try await usedDays(of: customers, through: date, in: zone)
        return BalanceSheet(
            transactions: rows,
            usage: lines,
            corrections: try await usage.corrections(
                customers.usage,
                min(date, CalendarDate(dayNumber: 0))...date
            ),
            unknownBefore: unknownBefore,
            dating: zone.date(of:)
        )
    }

    /// The days on which the customers have an address, also those that are not indexed yet; and the day before
    /// which they have usage that was never indexed.
    private func usedDays(
        of customers: CustomerGroup,
        through date: CalendarDate,
        in zone: LocalTime
    ) async throws -> (lines: [UsageLine], unknownBefore: CalendarDate?) {
        let dates = min(date, CalendarDate(dayNumber: 0))...date
        let spans = try await usage.spans(customers.usage, dates)
        guard !spans.isEmpty else { return ([], nil) }
        guard let first = try await usage.calendar(dates).first else { return ([], date.adding(days: 1)) }
        let hasEarlierLease = try await usage.hasLease(spans, before: first)
        // In zones behind UTC the first day begins on the date before.
        let lines = try await usage.usedLines(
            customers.usage,
            min(first.date.adding(days: -1), date)...date,
            by: .total,
            in: zone
        ).filter { line in
            line.totals.leases > 0
                || line.date >= first.date && spans.contains { $0.dates.contains(line.date) }
        }
        return (lines, hasEarlierLease ? first.date : nil)
    }

    /// The hourly cost of the open leases, from the last known block rate and price of AKT; `nil` if they are
    /// not known.
    package func burn(
        of customers: CustomerGroup,
        _ newest: CalendarDay?,
        today: CalendarDate
    ) async throws -> Spend? {
        guard let newest else {
            return try await usage.spans(customers.usage, today...today).isEmpty ? .zero : nil
        }
        guard let pace = try await pace(newest) else { return nil }
        return BurnRate.perHour(
            try await usage.openLeases(customers.usage, on: newest),
            at: newest.lastHeightYet,
            blocksPerDay: Int64(pace.day.extent.count),
            aktPrice: pace.aktPrice
        )
    }

    /// The spend to come, by the open leases or the trend; `nil` if neither is known.
    package func forecast(of customers: CustomerGroup, _ newest: CalendarDay) async throws -> Forecast? {
        guard let pace = try await pace(newest), pace.day.extent.count > 0 else { return nil }
        let leases = try await usage.openLeases(customers.usage, on: newest)
        func forecast(_ finished: [ExactAmount]) -> Forecast? {
            Forecast(
                leases,
                at: newest.lastHeightYet,
                blocksPerDay: Int64(pace.day.extent.count),
                aktPrice: pace.aktPrice,
                finished: finished
            )
        }
        if let known = forecast([]) { return known }
        let days = newest.date.adding(days: 0 &- Int64(Forecast.trendDays.upperBound))...newest.date
        let finished = try await usage.lines(customers.usage, days, by: .total).filter(\.isComplete)
        return forecast(finished.compactMap(\.spent))
    }

    /// The moment of the newest indexed block, by the pace of the last whole day; `nil` if no day shows a pace.
    package func indexedTo(_ newest: CalendarDay) async throws(StoreError) -> Instant? {
        guard let blocks = try await pace(newest)?.day.extent.count, blocks > 0 else { return nil }
        let indexed = newest.lastHeight == nil ? min(newest.heights.count, blocks) : blocks
        return newest.date.beginning.adding(seconds: Int64(indexed * 86_400 / blocks))
    }

    /// The last whole day, which shows how many blocks a day has, and the last known price of AKT.
    private func pace(
        _ newest: CalendarDay
    ) async throws(StoreError) -> (day: CalendarDay, aktPrice: AKTPrice?)? {
        let recent = try await usage.calendar(newest.date.adding(days: -7)...newest.date)
        // A day on which the chain stood still shows no pace, nor does one whose first block is to come.
        guard let day = recent.last(where: \.showsPace) ?? recent.last(where: { !$0.extent.isEmpty })
        else { return nil }
        return (day, recent.last { $0.aktPrice != nil }?.aktPrice)
    }
}
