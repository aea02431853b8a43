import Billing
import Hummingbird
import Storage

/// The event log, for operators.
struct EventsController: Sendable {
    let log: any EventLog

    func addRoutes(to routes: Routes) {
        routes.get("/v1/events", for: .ops, use: list)
        routes.get("/v1/events/summary", for: .ops, use: count)
        routes.get("/v1/events/{id}", for: .ops, use: show)
        routes.post("/v1/events/reproject", for: .ops, use: reprojectAll)
        routes.post("/v1/events/{id}/reproject", for: .ops, use: reproject)
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let events = try query.events(now: context.now)
        try query.finish()
        guard let page = try await log.entries(events) else {
            let parameter = events.startingAfter == nil ? "ending_before" : "starting_after"
            let cursor = events.startingAfter ?? events.endingBefore ?? ""
            guard try await log.renderings(of: cursor).isEmpty else {
                throw APIError.invalid(
                    parameter,
                    "Stripe sent the event in several API versions. Give the cursor of one of its entries, which is "
                        + "id@api_version."
                )
            }
            throw APIError.cursorMissing("event", parameter)
        }
        return JSONBody.list(
            "/v1/events",
            page.elements.map { EventResponse(entry: $0) },
            hasMore: page.hasMore
        )
    }

    @Sendable
    private func count(_ request: Request, _ context: AppContext) async throws -> Response {
        try QueryReader(request).finish()
        let (hour, day) = (context.now.adding(seconds: -3600), context.now.adding(seconds: -86_400))
        let last = try await log.entries(EventQuery(limit: 1))?.elements.first
        let lastWebhook = try await log.entries(EventQuery(source: .webhook, limit: 1))?.elements.first
        return JSONBody.response(
            EventSummaryResponse(
                generatedAt: context.now,
                lastReceivedAt: last?.receivedAt,
                lastWebhookAt: lastWebhook?.receivedAt,
                hour: try await log.tallies(receivedFrom: hour),
                day: try await log.tallies(receivedFrom: day),
                total: try await log.tallies(receivedFrom: nil)
            )
        )
    }

    @Sendable
    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        var query = try QueryReader(request)
        let version = query.apiVersion()
        try query.finish()
        let told = try await log.renderings(of: id).newestVersionFirst
        guard let event = told.first(where: { $0.entry.key.apiVersion == version ?? $0.entry.key.apiVersion })
        else { throw APIError.notFound("event") }
        return JSONBody.response(
            EventResponse(
                entry: event.entry,
                versions: told.map(\.entry.apiVersion),
                payload: event.payload.map { String(decoding: $0, as: UTF8.self) }
            )
        )
    }

    @Sendable
    private func reproject(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        guard let result = try await log.reproject(eventID: id) else { throw APIError.notFound("event") }
        let told = try await log.renderings(of: id).newestVersionFirst.map(\.entry)
        return JSONBody.response(
            ReprojectionResponse(
                result: result,
                entry: told.first { $0.disposition == .quarantined } ?? told.first
            )
        )
    }

    @Sendable
    private func reprojectAll(_ request: Request, _ context: AppContext) async throws -> Response {
        JSONBody.response(ReprojectionResponse(result: try await log.reprojectAll()))
    }
}
