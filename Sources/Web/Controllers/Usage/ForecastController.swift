import Billing
import Hummingbird
import Storage

/// The spend of the month to come, and when the balance is used up.
struct ForecastController: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger
    let observations: any BalanceObservations

    func addRoutes(to routes: Routes) {
        routes.get("/v1/forecast", for: .feedRead, cost: .range, use: forecast)
    }

    @Sendable
    private func forecast(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let customers = try query.customers(context.caller)
        let zone = try query.timeZone() ?? .utc
        try query.finish()
        let reader = BalanceReader(feed: feed, usage: usage)
        let today = CalendarDate(context.now)
        let observed = try await observations.observed(of: customers)
        let sheet = try await reader.sheet(of: customers, through: today)
        let balance = observed?.all ?? sheet.total(through: today, in: .usd).closing
        return JSONBody.response(
            try await ForecastResponse(of: customers, balance, in: zone, now: context.now, reader, usage)
        )
    }
}

extension ForecastResponse {
    /// Reads the usage that a forecast is made of.
    init(
        of customers: CustomerGroup,
        _ balance: ExactAmount,
        in zone: LocalTime,
        now: Instant,
        _ reader: BalanceReader,
        _ usage: any UsageLedger
    ) async throws {
        let newest = try await usage.newestDay()
        let today = zone.date(of: now)
        let days = try await usage.lines(customers.usage, today.firstOfMonth...today, by: .total, in: zone)
        var (forecast, indexedAt): (Forecast?, Instant?)
        if let newest {
            forecast = try await reader.forecast(of: customers, newest)
            indexedAt = try await reader.indexedTo(newest)
        }
        self.init(
            customer: customers.named?.customer,
            zone: zone,
            month: zone.beginning(of: today.firstOfMonth),
            monthEnd: zone.beginning(of: today.firstOfMonth.adding(months: 1)),
            days: days,
            balance: balance,
            forecast: forecast,
            newest: newest,
            indexedAt: indexedAt,
            now: now
        )
    }
}
