import Billing
import Storage

/// Reads what customers have left, and how fast it goes.
struct BalanceReader: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger & CreditLedger

    /// Every day up to one, in the days of a zone.
    func sheet(
        of customers: CustomerGroup,
        through date: CivilDate,
        in zone: LocalTime = .utc
    ) async throws -> BalanceSheet {
        var rows: [Transaction] = []
        let all = TransactionFilter.everything(customers.reach)
        for try await page in FeedRows(feed: feed, filter: all) { rows += page }
        var credits: [Credit] = []
        for customer in customers.customers { credits += try await usage.credits(of: customer) }
        return BalanceSheet(
            transactions: rows,
            credits: credits,
            usage: try await usedDays(of: customers, through: date, in: zone),
            dating: zone.date(of:)
        )
    }

    /// The days on which the customers leased anything, since the chain's first that is known.
    private func usedDays(
        of customers: CustomerGroup,
        through date: CivilDate,
        in zone: LocalTime
    ) async throws -> [UsageLine] {
        let calendar = try await usage.calendar(CivilDate(dayNumber: 0)...max(date, CivilDate(dayNumber: 0)))
        guard let first = calendar.first?.date.adding(days: -1), first <= date else { return [] }
        let reader = UsageReader(usage: usage)
        return try await reader.lines(customers.usage, first...date, by: .total, in: zone)
            .filter { $0.totals.leases > 0 }
    }

    /// What the open leases cost per hour, at the pace of blocks and the price of AKT that are known last.
    func burn(of customers: CustomerGroup, _ newest: CalendarDay?) async throws -> Spend? {
        guard let newest else { return .zero }
        let leases = try await UsageReader(usage: usage).openLeases(customers.usage, on: newest.date)
        let recent = try await usage.calendar(newest.date.adding(days: -7)...newest.date)
        guard let whole = recent.last(where: { $0.lastHeight != nil }) ?? recent.last else { return nil }
        return BurnRate.perHour(
            leases,
            blocksPerDay: Int64(whole.heights.count),
            aktPrice: recent.last { $0.aktPrice != nil }?.aktPrice
        )
    }
}
