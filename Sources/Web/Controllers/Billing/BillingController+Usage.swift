import Billing
import Hummingbird
import Storage

/// The tab of usage and balance.
extension BillingController {
    func usage(
        _ request: Request,
        _ context: AppContext,
        _ visitor: PageUser
    ) async throws -> Response {
        let customers = try visitor.customers
        var query = try QueryReader(request)
        let view = try query.usageView()
        try query.finish()

        let today = CalendarDate(context.now)
        let dates = try view.dates(today: today)
        let readings = try await readings(customers, view, dates, now: context.now)
        let model = UsagePage(
            view,
            dates: dates,
            readings: readings,
            customer: customers.named,
            now: context.now,
            frame: frame(.usage, visitor)
        )
        return pages.html(model.html, to: request)
    }

    private func readings(
        _ customers: CustomerGroup,
        _ view: UsageView,
        _ dates: ClosedRange<CalendarDate>,
        now: Instant
    ) async throws -> UsagePage.Readings {
        let today = CalendarDate(now)
        let balance = BalanceReader(feed: feed, usage: usage)
        let newest = try await usage.newestDay()
        let groups = try await usage.lines(customers.usage, dates, by: view.split)
        var days: [UsageLine] = []
        for span in UsagePage.datesToRead(dates, today: today) {
            days += try await usage.lines(customers.usage, span, by: .total)
        }
        let addressed = try await usage.spans(
            customers.usage,
            min(today, CalendarDate(dayNumber: 0))...today
        )
        var until: Instant?
        if let newest { until = try await balance.indexedTo(newest) }
        let known = KnownUsage(
            through: newest?.date,
            until: until,
            nothingBefore: try await usage.nothingLeasedBefore(customers.usage, days),
            addressDays: addressed.map(\.dates)
        )
        return UsagePage.Readings(
            sheet: try await balance.sheet(of: customers, through: today),
            observed: try await observations.observed(of: customers),
            expected: try await ForecastResponse(of: customers, .zero, in: .utc, now: now, balance, usage)
                .monthSpend?.expected,
            burn: try await balance.burn(of: customers, newest, today: today),
            newest: newest,
            known: known,
            days: days,
            groups: groups,
            groupNames: try await usage.names(of: groups, by: view.split),
            tagKeys: DeploymentTags.commonKeys(try await usage.tags(customers.usage, today: today))
        )
    }
}
