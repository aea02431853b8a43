import Billing
import Hummingbird
import JSON
import Storage

/// The event log, for operators.
struct EventsController: Sendable {
    let log: any EventLog
    let jobs: any JobStore
    /// The store of alerts that wait to be sent; `nil` if no receiver is configured.
    let alerts: (any JobStore)?
    let authenticator: Authenticator

    func addRoutes(to routes: Routes) {
        routes.get("/v1/events", use: list)
        routes.get("/v1/events/summary", use: count)
        routes.get("/v1/events/{id}", use: show)
        routes.post("/v1/events/reproject", use: reprojectAll)
        routes.post("/v1/events/{id}/reproject", use: reproject)
        routes.get("/v1/work", use: summary)
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try await authenticator.caller(of: request, needing: .ops, context)
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
            throw APIError(
                .badRequest,
                .invalidRequest,
                code: "resource_missing",
                "The event of the cursor does not exist.",
                parameter: parameter
            )
        }
        return JSONBody.response(
            ListResponse(
                url: "/v1/events",
                hasMore: page.hasMore,
                data: page.elements.map { EventResponse(entry: $0) }
            )
        )
    }

    @Sendable
    private func count(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try await authenticator.caller(of: request, needing: .ops, context)
        try QueryReader(request).finish()
        let (hour, day) = (context.now.adding(seconds: -3600), context.now.adding(seconds: -86_400))
        let last = try await log.entries(EventQuery(limit: 1))?.elements.first
        let lastWebhook = try await log.entries(EventQuery(source: .webhook, limit: 1))?.elements.first
        return JSONBody.response(
            EventSummaryResponse(
                generated_at: context.now,
                last_received_at: last?.receivedAt,
                last_webhook_at: lastWebhook?.receivedAt,
                hour: .init(try await log.tallies(receivedFrom: hour)),
                day: .init(try await log.tallies(receivedFrom: day)),
                total: .init(try await log.tallies(receivedFrom: nil))
            )
        )
    }

    @Sendable
    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try await authenticator.caller(of: request, needing: .ops, context)
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
        _ = try await authenticator.caller(of: request, needing: .ops, context)
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
        _ = try await authenticator.caller(of: request, needing: .ops, context)
        return JSONBody.response(ReprojectionResponse(result: try await log.reprojectAll()))
    }

    @Sendable
    private func summary(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try await authenticator.caller(of: request, needing: .ops, context)
        let fetches = try await jobs.summary().filter { $0.kind == .fetch }
        let failed = try await jobs.jobs(JobQuery(kinds: [.fetch], states: [.failed], limit: 100))
        let journal = try await alerts?.job(id: Job.Kind.alerts.rawValue)?.alertJournal
        return JSONBody.response { json in
            // Alerts that the receiver does not have yet; absent if no receiver is configured.
            if let pending = journal?.pending { json.array("alerts", pending, Self.write) }
            json.member("gave_up", fetches.first { $0.state == .failed }?.count ?? 0)
            // The last hundred, newest first.
            json.array("given_up", failed, Self.write)
            json.member("object", "work_summary")
            json.member("oldest_due_at", fetches.compactMap(\.dueAt).min())
            json.member("pending", fetches.filter { $0.dueAt != nil }.map(\.count).reduce(0, +))
        }
    }

    private static func write(_ json: inout JSONWriter, _ pending: AlertState.Pending) {
        json.member("at", pending.alert.at)
        json.member("attempts", pending.attempts)
        json.member("due_at", pending.dueAt)
        json.member("failure", pending.failure)
        json.member("id", pending.alert.id)
        json.member("type", pending.alert.kind.rawValue)
    }

    private static func write(_ json: inout JSONWriter, _ job: Job) {
        json.member("account", job.fetchKey?.account.orNil)
        json.member("asked", job.fetchKey?.question.topic)
        json.member("attempts", job.attempts)
        json.member("object", job.fetchKey?.question.subject)
        json.member("reason", job.reason)
    }
}
