import Billing
import Storage

/// Reads what a customer has left, and how fast it goes.
struct BalanceReader: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger & CreditLedger

    /// Every day up to one, in the days of a zone.
    func sheet(
        of customer: String,
        through date: CivilDate,
        in zone: LocalTime = .utc
    ) async throws -> BalanceSheet {
        var rows: [Transaction] = []
        var all = TransactionFilter.everything
        all.customer = customer
        for try await page in FeedRows(feed: feed, filter: all) { rows += page }
        return BalanceSheet(
            transactions: rows,
            credits: try await usage.credits(of: customer),
            usage: try await usedDays(of: customer, through: date, in: zone),
            dating: zone.date(of:)
        )
    }

    /// The days on which the customer leased anything, since the chain's first that is known.
    private func usedDays(
        of customer: String,
        through date: CivilDate,
        in zone: LocalTime
    ) async throws -> [UsageLine] {
        let calendar = try await usage.calendar(CivilDate(dayNumber: 0)...max(date, CivilDate(dayNumber: 0)))
        guard let first = calendar.first?.date.adding(days: -1), first <= date else { return [] }
        let reader = UsageReader(usage: usage)
        return try await reader.lines(.customer(customer), first...date, by: .total, in: zone)
            .filter { $0.totals.leases > 0 }
    }

    /// What the open leases cost per hour, at the pace of blocks and the price of AKT that are known last.
    func burn(of customer: String, _ newest: CalendarDay?) async throws -> Spend? {
        guard let newest else { return .zero }
        let leases = try await UsageReader(usage: usage).openLeases(.customer(customer), on: newest.date)
        let recent = try await usage.calendar(newest.date.adding(days: -7)...newest.date)
        guard let whole = recent.last(where: { $0.lastHeight != nil }) ?? recent.last else { return nil }
        return BurnRate.perHour(
            leases,
            blocksPerDay: Int64(whole.heights.count),
            aktPrice: recent.last { $0.aktPrice != nil }?.aktPrice
        )
    }
}
