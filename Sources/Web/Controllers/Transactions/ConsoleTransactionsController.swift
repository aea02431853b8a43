import Billing
import Hummingbird
import JSON
import Storage

/// Console's own routes, so that its page works with this service without a change.
///
/// The list has payments, claimed coupons and credits given by hand. A payment's row includes the refunded amount; refunds have no
/// rows of their own.
struct ConsoleTransactionsController: Sendable {
    let feed: any TransactionFeed

    func addRoutes(to routes: Routes) {
        routes.get("/v1/stripe/transactions", for: .feedRead, use: list)
        routes.get("/v1/stripe/transactions/export", for: .feedRead, cost: .range, use: export)
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let limit = try query.coercedInteger("limit", in: 1...100) ?? 100
        let offset = try query.coercedInteger("offset", in: 0...1_000_000_000) ?? 0
        let filter = try filter(&query, within: context.caller.accessScope, requiresRange: false)

        let total = try await feed.count(filter)
        let page = try await feed.page(filter, cursor: .offset(offset), limit: limit)
        let rows = (page?.elements ?? []).map {
            ConsoleTransaction($0, links: context.secrets.links, now: context.now)
        }
        return JSONBody.response { json in
            json.object("data") { json in
                json.member("hasMore", page?.hasMore ?? false)
                json.member("totalCount", total)
                json.member("transactions", rows)
            }
        }
    }

    @Sendable
    private func export(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let start = query.text("startDate")
        let end = query.text("endDate")
        let filter = try filter(&query, within: context.caller.accessScope, requiresRange: true)
        guard let zone = try query.timeZone() else {
            throw APIError.invalid("timezone", "Give an IANA time zone, such as Europe/Berlin.")
        }

        let (links, now) = (context.secrets.exportLinks, context.now)
        let days = [start, end].map { String(($0 ?? "").prefix(10)) }
        return ExportResponse.csv(
            named: "transactions_\(days[0])_to_\(days[1]).csv",
            columns: ConsoleTransaction.columns(zone),
            rows: FeedRows(feed: feed, filter: filter),
            onlyRow: ConsoleTransaction.noneFound
        ) { ConsoleTransaction($0, links: links, now: now).cells(zone) }
    }

    /// A filter for the rows that Console's table has.
    private func filter(
        _ query: inout QueryReader,
        within accessScope: AccessScope,
        requiresRange: Bool
    ) throws(APIError) -> TransactionFilter {
        var filter = TransactionFilter(try accessScope.restricted(toNamed: try query.customer()))
        filter.types = [.purchase, .credit]
        filter.creditKinds = [.coupon, .manual]
        filter.createdFrom = try query.timestamp("startDate")
        filter.createdTo = try query.timestamp("endDate")
        if requiresRange {
            for (name, value) in [("startDate", filter.createdFrom), ("endDate", filter.createdTo)]
            where value == nil {
                throw APIError.invalid(name, "Give a time such as 2025-06-15T00:00:00Z.")
            }
        }
        if let from = filter.createdFrom, let to = filter.createdTo {
            guard from <= to else { throw APIError.invalid("endDate", "endDate lies before startDate.") }
            // Console counts whole days, so the end of the last day is part of the range.
            guard to.seconds(since: from) / 86_400 <= 366 else {
                throw APIError.invalid("endDate", "Ask for at most 366 days.")
            }
        }
        return filter
    }
}
