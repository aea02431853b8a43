import Billing
import Hummingbird
import JSON
import Storage

/// The cost of each day and each month, by deployment, provider, GPU model or tag.
struct UsageController: Sendable {
    let usage: any UsageLedger

    func addRoutes(to routes: Routes) {
        routes.get("/v1/usage/daily", for: .feedRead, cost: .range, use: daily)
        routes.get("/v1/usage/monthly", for: .feedRead, cost: .range, use: monthly)
        routes.get("/v1/usage/tags", for: .feedRead, cost: .range, use: tags)
    }

    @Sendable
    private func daily(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let subject = try query.usageSubject(context.caller)
        let zone = try query.timeZone() ?? .utc
        let dates = try query.dates(today: zone.date(of: context.now))
        let grouping = try query.usageGrouping("group_by") ?? .total
        let format: ReportFormat = try query.choice("format") ?? .json
        try query.finish()
        let lines = try await usage.lines(subject, dates, by: grouping, in: zone)
        let names = try await usage.names(of: lines, by: grouping)
        return Report(
            url: "/v1/usage/daily",
            fileName: "usage_\(dates.fileName)",
            columns: UsageLineResponse.columns(grouping, in: zone),
            dates: dates,
            zone: zone,
            grouping: grouping,
            newest: try await usage.newestDay(),
            rows: lines.map { UsageLineResponse($0, by: grouping, names: names) }
        ).response(format)
    }

    @Sendable
    private func monthly(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let subject = try query.usageSubject(context.caller)
        let zone = try query.timeZone() ?? .utc
        let dates = try query.months(today: zone.date(of: context.now))
        let grouping = try query.usageGrouping("group_by") ?? .total
        let format: ReportFormat = try query.choice("format") ?? .json
        try query.finish()
        let lines = try await usage.lines(subject, dates, by: grouping, in: zone)
        let names = try await usage.names(of: lines, by: grouping)
        let first = try await usage.nothingLeasedBefore(subject, lines)
        return Report(
            url: "/v1/usage/monthly",
            fileName: "usage_by_month",
            columns: UsageMonthResponse.columns(grouping, in: zone),
            dates: dates,
            zone: zone,
            grouping: grouping,
            newest: try await usage.newestDay(),
            rows: UsageReport.months(lines, nothingBefore: first)
                .map { UsageMonthResponse($0, by: grouping, names: names) }
        ).response(format)
    }

    @Sendable
    private func tags(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let subject = try query.usageSubject(context.caller)
        let limit = try query.integer("limit", in: 1...100) ?? 10
        let cursor = try query.deployment("starting_after")
        try query.finish()
        let tags = try await usage.tags(subject, today: CalendarDate(context.now))
        return JSONBody.response(TagList(tags, after: cursor, limit: limit))
    }
}

extension QueryReader {
    /// The period from the first day of the month of `from` through `to`, at most ten years; by default the
    /// last six months, including this one.
    fileprivate mutating func months(today: CalendarDate) throws(APIError) -> ClosedRange<CalendarDate> {
        let from = try date("from")
        let through = try date("to") ?? max(today, from ?? today)
        let begin = from ?? through.adding(months: -5).firstOfMonth
        guard begin <= through else { throw .invalid("to", "to lies before from.") }
        let range = (begin...through).limited(to: today)
        guard range.lowerBound.distance(to: range.upperBound) <= 10 &* 366 else {
            throw .invalid("from", "Ask for at most ten years.")
        }
        return range.lowerBound.firstOfMonth...range.upperBound
    }
}
