import Billing
import Hummingbird
import Storage

/// The event log, for operators.
struct EventsController: Sendable {
    let log: any EventLog
    let work: any WorkQueue
    /// The store of alerts that wait to be sent; `nil` if no receiver is configured.
    let alerts: (any UpkeepRuns)?
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
                    "The event was told in several API versions. Give the cursor of one of its entries, which is "
                        + "id@api_version."
                )
            }
            throw APIError(
                .badRequest,
                .invalidRequest,
                code: "resource_missing",
                "There is no such event to page from.",
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
        else { throw APIError.noSuch("event") }
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
        guard let result = try await log.reproject(eventID: id) else { throw APIError.noSuch("event") }
        let told = try await log.renderings(of: id).newestVersionFirst.map(\.entry)
        return JSONBody.response(
            ReprojectionResponse(result, of: told.first { $0.disposition == .quarantined } ?? told.first)
        )
    }

    @Sendable
    private func reprojectAll(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try await authenticator.caller(of: request, needing: .ops, context)
        return JSONBody.response(ReprojectionResponse(try await log.reprojectAll()))
    }

    @Sendable
    private func summary(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try await authenticator.caller(of: request, needing: .ops, context)
        let summary = try await work.summary()
        let givenUp = try await work.givenUp(limit: 100)
        let journal = try await alerts?.latestRun(.alerts)?.alertJournal
        return JSONBody.response(
            WorkResponse(
                pending: summary.pending,
                gave_up: summary.gaveUp,
                oldest_due_at: summary.oldestDueAt,
                given_up: givenUp.map(WorkResponse.Item.init),
                alerts: journal.map { $0.pending.map(WorkResponse.Untold.init) }
            )
        )
    }

    private struct WorkResponse: Encodable {
        let object = "work_summary"
        let pending: Int
        let gave_up: Int
        let oldest_due_at: Instant?
        /// The last hundred, newest first.
        let given_up: [Item]
        /// Alerts that the receiver does not have yet; absent if no receiver is configured.
        let alerts: [Untold]?

        struct Untold: Encodable {
            let id: String
            let type: String
            let at: Instant
            let attempts: Int
            let due_at: Instant
            let failure: String?

            init(_ pending: AlertJournal.Pending) {
                id = pending.alert.id
                type = pending.alert.kind.rawValue
                at = pending.alert.at
                attempts = pending.attempts
                due_at = pending.dueAt
                failure = pending.failure
            }
        }

        struct Item: Encodable {
            /// The request to Stripe: `charge` for the object itself, `charge.refunds` for its refunds.
            let asked: String
            let id: String
            let account: String?
            let attempts: Int
            let reason: String

            init(_ work: GivenUpWork) {
                asked = work.item.question.topic
                id = work.item.question.subject
                account = work.item.account
                attempts = work.item.attempts
                reason = work.reason
            }
        }
    }
}
