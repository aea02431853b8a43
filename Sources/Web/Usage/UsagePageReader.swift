import Billing
import Storage

/// Reads what the tab of usage is made of.
struct UsagePageReader: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger & CreditLedger

    func readings(
        _ customer: String,
        _ view: UsageView,
        _ dates: ClosedRange<CivilDate>,
        today: CivilDate
    ) async throws -> UsagePage.Readings {
        let balance = BalanceReader(feed: feed, usage: usage)
        let reader = UsageReader(usage: usage)
        let newest = try await usage.newestDay()
        let groups = try await reader.lines(.customer(customer), dates, by: view.split.grouping)
        return UsagePage.Readings(
            sheet: try await balance.sheet(of: customer, through: max(today, dates.upperBound)),
            burn: try await balance.burn(of: customer, newest),
            newest: newest,
            days: try await reader.lines(
                .customer(customer),
                UsagePage.datesToRead(dates, today: today),
                by: .total
            ),
            groups: groups,
            providerNames: view.split == .provider
                ? try await usage.names(ofProviders: Set(groups.map(\.group))) : [:]
        )
    }
}
