import Billing
import Hummingbird
import JSON
import Storage

/// A customer's balance, its history, and how long the balance lasts.
struct BalanceController: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger & CreditLedger

    private static let maximumBytes = 4 << 20

    private var reader: BalanceReader { BalanceReader(feed: feed, usage: usage) }

    func addRoutes(to routes: Routes) {
        routes.get("/v1/balance", for: .feedRead, cost: .range, use: balance)
        routes.get("/v1/balance/history", for: .feedRead, cost: .range, use: history)
        routes.post("/v1/credits", for: .usageWrite, use: give)
    }

    // MARK: Reading

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

    // MARK: Giving credit

    @Sendable
    private func give(_ request: Request, _ context: AppContext) async throws -> Response {
        try QueryReader(request).finish()
        let body = try await request.bytes(upTo: Self.maximumBytes, context.bodies)
        let now = context.now
        let credits = try RecordList.read(body) { json throws(JSONFieldError) in try Credit(json, now: now) }
        let outcomes = try await usage.give(credits)
        if let index = outcomes.firstIndex(of: .conflict) {
            throw APIError(
                .conflict,
                "credit_conflict",
                "Record \(index + 1): another credit has this id already. Nothing was given; choose another id.",
                parameter: "records[\(index)]"
            )
        }
        return JSONBody.response { json in
            json.member("accepted", credits.count)
            json.member("changed", outcomes.count { $0 == .given })
        }
    }
}

extension QueryReader {
    /// The customer in the query, if the caller may see it; without one, all customers of the caller.
    fileprivate mutating func customers(_ caller: Caller) throws(APIError) -> CustomerGroup {
        guard let group = try caller.customers(named: try customer()) else {
            throw .invalid("customer", "Name a customer.")
        }
        return group
    }
}
