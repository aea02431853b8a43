import Billing
import Storage

/// Reads the data of the usage tab.
struct UsagePageReader: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger & CreditLedger

    func readings(
        _ customers: CustomerGroup,
        _ view: UsageView,
        _ dates: ClosedRange<CivilDate>,
        today: CivilDate
    ) async throws -> UsagePage.Readings {
        let balance = BalanceReader(feed: feed, usage: usage)
        let reader = UsageReader(usage: usage)
        let newest = try await usage.newestDay()
        let groups = try await reader.lines(customers.usage, dates, by: view.split.grouping)
        var days: [UsageLine] = []
        for span in UsagePage.datesToRead(dates, today: today) {
            days += try await reader.lines(customers.usage, span, by: .total)
        }
        return UsagePage.Readings(
            sheet: try await balance.sheet(of: customers, through: today),
            burn: try await balance.burn(of: customers, newest),
            newest: newest,
            days: days,
            groups: groups,
            providerNames: view.split == .provider
                ? try await usage.names(ofProviders: Set(groups.map(\.group))) : [:]
        )
    }
}
