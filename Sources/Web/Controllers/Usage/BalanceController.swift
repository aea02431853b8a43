import Billing
import Hummingbird
import Storage

/// A customer's balance, its history, and how long the balance lasts.
struct BalanceController: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger
    let observations: any BalanceObservations

    private var reader: BalanceReader { BalanceReader(feed: feed, usage: usage) }

    func addRoutes(to routes: Routes) {
        routes.get("/v1/balance", for: .feedRead, cost: .range, use: balance)
        routes.get("/v1/balance/history", for: .feedRead, cost: .range, use: history)
    }

    @Sendable
    private func balance(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let customers = try query.customers(context.caller)
        try query.finish()

        let today = CalendarDate(context.now)
        let sheet = try await reader.sheet(of: customers, through: today)
        let newest = try await usage.newestDay()
        let burn = try await reader.burn(of: customers, newest, today: today)
        return JSONBody.response(
            BalanceResponse(
                customer: customers.named?.customer,
                totals: sheet.currencies.map { sheet.total(through: today, in: $0) },
                pending: sheet.pending,
                observed: try await observations.observed(of: customers),
                burn: burn,
                newest: newest
            )
        )
    }

    @Sendable
    private func history(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let customers = try query.customers(context.caller)
        let zone = try query.timeZone() ?? .utc
        let dates = try query.dates(today: zone.date(of: context.now))
        let format: ReportFormat = try query.choice("format") ?? .json
        try query.finish()
        let sheet = try await reader.sheet(of: customers, through: dates.upperBound, in: zone)
        return Report(
            url: "/v1/balance/history",
            fileName: "balance_\(dates.fileName)",
            columns: BalanceDayResponse.columns(in: zone),
            dates: dates,
            zone: zone,
            customer: customers.named,
            newest: try await usage.newestDay(),
            rows: sheet.currencies.flatMap { sheet.days(dates, in: $0) }
                .sorted { ($0.date, $0.currency.code) < ($1.date, $1.currency.code) }
                .map(BalanceDayResponse.init)
        ).response(format)
    }
}

extension QueryReader {
    /// The customer in the query, if the caller may see it; without one, all customers of the caller.
    mutating func customers(_ caller: Caller) throws(APIError) -> CustomerGroup {
        guard let group = try caller.customers(named: try customer()) else {
            throw .invalid("customer", "Name a customer.")
        }
        return group
    }
}
