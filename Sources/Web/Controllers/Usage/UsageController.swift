import Billing
import Hummingbird
import JSON
import Storage

/// The cost of each day and each month, by deployment, provider or GPU model.
struct UsageController: Sendable {
    let usage: any UsageLedger
    let authenticator: Authenticator

    func addRoutes(to routes: Routes) {
        routes.get("/v1/usage/daily", cost: .range, use: daily)
        routes.get("/v1/usage/monthly", cost: .range, use: monthly)
    }

    private enum Format: String, CaseIterable { case json, csv, jsonl }
    private enum Group: String, CaseIterable {
        case deployment, provider
        case gpuModel = "gpu_model"

        var grouping: UsageGrouping {
            switch self {
            case .deployment: .deployment
            case .provider: .provider
            case .gpuModel: .gpuModel
            }
        }
    }

    @Sendable
    private func daily(_ request: Request, _ context: AppContext) async throws -> Response {
        let caller = try await authenticator.caller(of: request, needing: .feedRead, context)
        var query = try QueryReader(request)
        let subject = try query.usageSubject(caller)
        let zone = try query.timeZone() ?? .utc
        let dates = try query.dates(today: zone.date(of: context.now))
        let grouping = try query.choice("group_by", of: Group.self)?.grouping ?? .total
        let format: Format = try query.choice("format") ?? .json
        try query.finish()

        let lines = try await usage.lines(subject, dates, by: grouping, in: zone)
        let names = try await usage.names(of: lines, by: grouping)
        let rows = lines.map {
            UsageLineResponse(line: $0, grouping: grouping, groupName: names[$0.group])
        }
        switch format {
        case .csv:
            return ExportResponse.csv(
                named: "usage_\(dates.lowerBound.text)_to_\(dates.upperBound.text).csv",
                columns: UsageLineResponse.columns(grouping, in: zone),
                rows: rows.map(\.cells)
            )
        case .jsonl:
            return ExportResponse.jsonLines(
                named: "usage_\(dates.lowerBound.text)_to_\(dates.upperBound.text).jsonl",
                rows: rows
            )
        case .json:
            return JSONBody.response(
                Report(
                    url: "/v1/usage/daily",
                    dates: dates,
                    zone: zone,
                    grouping: grouping,
                    newest: try await usage.newestDay(),
                    data: rows
                )
            )
        }
    }

    @Sendable
    private func monthly(_ request: Request, _ context: AppContext) async throws -> Response {
        let caller = try await authenticator.caller(of: request, needing: .feedRead, context)
        var query = try QueryReader(request)
        let subject = try query.usageSubject(caller)
        let zone = try query.timeZone() ?? .utc
        let dates = try query.months(today: zone.date(of: context.now))
        let format: Format = try query.choice("format") ?? .json
        try query.finish()

        let lines = try await usage.lines(subject, dates, by: .total, in: zone)
        let rows = UsageReport.months(lines).map(UsageMonthResponse.init)
        switch format {
        case .csv:
            return ExportResponse.csv(
                named: "usage_by_month.csv",
                columns: UsageMonthResponse.columns(in: zone),
                rows: rows.map(\.cells)
            )
        case .jsonl: return ExportResponse.jsonLines(named: "usage_by_month.jsonl", rows: rows)
        case .json:
            return JSONBody.response(
                Report(
                    url: "/v1/usage/monthly",
                    dates: dates,
                    zone: zone,
                    grouping: .total,
                    newest: try await usage.newestDay(),
                    data: rows
                )
            )
        }
    }

    private struct Report<Row: JSONEncodable>: JSONObject {
        let url: String
        let dates: ClosedRange<CalendarDate>
        /// The time zone of the days.
        let zone: LocalTime
        let grouping: UsageGrouping
        let newest: CalendarDay?
        let data: [Row]

        func write(to json: inout JSONWriter) {
            json.member("data", data)
            json.member("from", dates.lowerBound.text)
            json.member("group_by", grouping == .total ? nil : grouping.rawValue)
            json.member("has_more", false)
            json.member("indexed_to", newest.map(IndexedResponse.init))
            json.member("object", "list")
            json.member("timezone", zone.name)
            json.member("to", dates.upperBound.text)
            json.member("url", url)
        }
    }
}

extension QueryReader {
    /// The period from the first day of the month of `from` through `to`, at most ten years; by default the
    /// last six months, including this one.
    fileprivate mutating func months(today: CalendarDate) throws(APIError) -> ClosedRange<CalendarDate> {
        let from = try date("from")
        let through = try date("to") ?? max(today, from ?? today)
        let (year, month, _) = through.parts
        let first = month > 5 ? (year, month &- 5) : (year &- 1, month &+ 7)
        let begin = from ?? CalendarDate(year: first.0, month: first.1, day: 1) ?? through
        guard begin <= through else { throw .invalid("to", "to lies before from.") }
        let range = (begin...through).limited(to: today)
        guard range.lowerBound.distance(to: range.upperBound) <= 10 &* 366 else {
            throw .invalid("from", "Ask for at most ten years.")
        }
        return range.lowerBound.adding(days: 1 &- range.lowerBound.parts.day)...range.upperBound
    }
}
