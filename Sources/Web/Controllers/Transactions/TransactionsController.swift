import Billing
import Hummingbird
import Storage

/// The feed of transactions: a page, one transaction, an export.
struct TransactionsController: Sendable {
    let feed: any TransactionFeed

    func addRoutes(to routes: Routes) {
        routes.get("/v1/transactions", for: .feedRead, use: list)
        routes.get("/v1/transactions/export", for: .feedRead, cost: .range, use: export)
        routes.get("/v1/transactions/{id}", for: .feedRead, use: show)
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let filter = try query.transactionFilter(within: context.caller.accessScope)
        let cursor = try query.cursor()
        let limit = try query.integer("limit", in: 1...100) ?? 10
        try query.finish()

        guard let page = try await feed.page(filter, cursor: cursor, limit: limit) else {
            throw APIError.cursorMissing("transaction", cursor.parameter)
        }
        let rows = page.elements.map {
            TransactionResponse($0, links: context.secrets.links, now: context.now)
        }
        return JSONBody.list("/v1/transactions", rows, hasMore: page.hasMore)
    }

    @Sendable
    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        guard let detail = try await feed.payment(ofTransaction: id, within: context.caller.accessScope)
        else {
            throw APIError.notFound("transaction")
        }
        var body = TransactionResponse(detail.transaction, links: context.secrets.links, now: context.now)
        body.attempts = detail.group.attempts(of: detail.transaction)
        body.events = detail.events
        return JSONBody.response(body)
    }

    private enum Format: String, CaseIterable { case csv, jsonl }

    @Sendable
    private func export(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let filter = try query.transactionFilter(within: context.caller.accessScope)
        let format: Format = try query.choice("format") ?? .csv
        let zone = try query.timeZone() ?? .utc
        try query.finish()

        let rows = FeedRows(feed: feed, filter: filter)
        let (links, now) = (context.secrets.exportLinks, context.now)
        switch format {
        case .csv:
            let table = TransactionTable(zone: zone, links: links, now: now)
            return ExportResponse.csv(named: "transactions.csv", columns: table.columns, rows: rows) {
                table.cells($0)
            }
        case .jsonl:
            return ExportResponse.jsonLines(named: "transactions.jsonl", rows: rows) {
                TransactionResponse($0, links: links, now: now)
            }
        }
    }
}

extension Cursor {
    fileprivate var parameter: String? {
        switch self {
        case .startingAfter: "starting_after"
        case .endingBefore: "ending_before"
        case .start, .offset: nil
        }
    }
}
