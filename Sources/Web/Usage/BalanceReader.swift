import Billing
import Storage

/// Computes the customers' balance and the rate of their spend.
struct BalanceReader: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger & CreditLedger

    /// The balance of each day up to a date, by the days of a time zone.
    func sheet(
        of customers: CustomerGroup,
        through date: CalendarDate,
        in zone: LocalTime = .utc
    ) async throws -> BalanceSheet {
        var rows: [Transaction] = []
        let all = TransactionFilter.everything(customers.accessScope)
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

    /// The days from the customers' first lease on, also those that are not indexed yet.
    private func usedDays(
        of customers: CustomerGroup,
        through date: CalendarDate,
        in zone: LocalTime
    ) async throws -> [UsageLine] {
        let calendar = try await usage.calendar(
            CalendarDate(dayNumber: 0)...max(date, CalendarDate(dayNumber: 0))
        )
        guard let first = calendar.first?.date.adding(days: -1), first <= date else { return [] }
        let lines = try await usage.lines(customers.usage, first...date, by: .total, in: zone)
        return Array(lines.drop { $0.totals.leases == 0 })
    }

    /// The hourly cost of the open leases, from the last known block rate and price of AKT.
    func burn(of customers: CustomerGroup, _ newest: CalendarDay?) async throws -> Spend? {
        guard let newest else { return .zero }
        let leases = try await usage.openLeases(customers.usage, on: newest.date)
        let recent = try await usage.calendar(newest.date.adding(days: -7)...newest.date)
        guard let whole = recent.last(where: { $0.lastHeight != nil }) ?? recent.last else { return nil }
        return BurnRate.perHour(
            leases,
            blocksPerDay: Int64(whole.heights.count),
            aktPrice: recent.last { $0.aktPrice != nil }?.aktPrice
        )
    }
}
