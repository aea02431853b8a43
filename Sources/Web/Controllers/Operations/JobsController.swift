import Billing
import Hummingbird
import Storage

/// The jobs, for operators: listed, retried and cancelled; backfills and reconciliations are begun here.
struct JobsController: Sendable {
    let jobs: any JobStore
    /// Whether there is a key for Stripe's API.
    let canAskStripe: Bool

    func addRoutes(to routes: Routes) {
        routes.get("/v1/jobs", for: .ops, use: list)
        routes.get("/v1/jobs/{id}", for: .ops, use: show)
        routes.post("/v1/jobs/{id}/retry", for: .ops) { request, context in
            try await change(request, context, "retried") { id, _ throws(JobRefusal) in
                try await jobs.retry(id: id, now: context.now)
            }
        }
        routes.post("/v1/jobs/{id}/cancel", for: .ops) { request, context in
            try await change(request, context, "cancelled") { id, name throws(JobRefusal) in
                try await jobs.cancel(id: id, by: name, now: context.now)
            }
        }
        routes.post("/v1/backfills", for: .ops) { try await begin(.backfill, $0, $1) }
        routes.get("/v1/backfills/{id}", for: .ops) { try await show(.backfill, $0, $1) }
        routes.post("/v1/reconciliations", for: .ops) { try await begin(.reconciliation, $0, $1) }
        routes.get("/v1/reconciliations/{id}", for: .ops) { try await show(.reconciliation, $0, $1) }
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let limit = try query.integer("limit", in: 1...100) ?? 10
        var filter = JobQuery(limit: limit + 1)
        if let kind: Job.Kind = try query.choice("kind") { filter.kinds = [kind] }
        if let state: Job.State = try query.choice("state") { filter.states = [state] }
        filter.startingAfter = query.text("starting_after")
        try query.finish()
        if let cursor = filter.startingAfter, try await jobs.job(id: cursor) == nil {
            throw APIError.cursorMissing("job", "starting_after")
        }
        let found = try await jobs.jobs(filter)
        return JSONBody.list(
            "/v1/jobs",
            found.prefix(limit).map { JobResponse($0) },
            hasMore: found.count > limit
        )
    }

    @Sendable
    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        guard let job = try await jobs.job(id: id) else { throw APIError.notFound("job") }
        return JSONBody.response(JobResponse(job))
    }

    private func change(
        _ request: Request,
        _ context: AppContext,
        _ done: String,
        _ body: (_ id: String, _ caller: String) async throws(JobRefusal) -> Job
    ) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        do throws(JobRefusal) {
            let job = try await body(id, context.caller.name)
            context.logger.notice(
                "job \(done)",
                metadata: ["job": "\(job.id)", "by": "\(context.caller.name)"]
            )
            return JSONBody.response(JobResponse(job))
        } catch {
            switch error {
            case .unknown: throw APIError.notFound("job")
            case .store(let error): throw error
            case .running: throw conflict("A runner holds the job until due_at. Cancel it, or wait.")
            case .ended: throw conflict("The job has ended.")
            case .perpetual:
                throw conflict("The job begins again by itself. The configuration turns its kind off.")
            case .changed:
                throw conflict("The job changed meanwhile, or another of its kind is under way. Ask again.")
            }
        }
    }

    private func conflict(_ message: String) -> APIError {
        APIError(.conflict, "job_state", message)
    }

    private func begin(
        _ kind: Job.Kind,
        _ request: Request,
        _ context: AppContext
    ) async throws -> Response {
        var query = try QueryReader(request)
        let jobRequest = try query.jobRequest(kind, now: context.now)
        guard canAskStripe else {
            throw APIError(
                .conflict,
                "stripe_key_missing",
                "Without STRIPE_SECRET_KEY nothing can be fetched from Stripe. Set it, and start the service again."
            )
        }
        let beginning = try await jobs.begin(
            kind,
            id: JobID.make(kind),
            request: jobRequest,
            now: context.now
        )
        switch beginning {
        case .begun(let job), .resumed(let job):
            context.logger.notice(
                "job requested",
                metadata: ["job": "\(job.id)", "by": "\(context.caller.name)"]
            )
            return JSONBody.response(JobResponse(job, isRun: true), status: .accepted)
        case .underWay(let job):
            return JSONBody.response(JobResponse(job, isRun: true), status: .accepted)
        case .occupied(let job):
            throw APIError(
                .conflict,
                "run_under_way",
                "Another \(kind.rawValue) is under way: \(job.id). Ask again when it is done."
            )
        }
    }

    /// `latest` is the id of the newest run.
    private func show(
        _ kind: Job.Kind,
        _ request: Request,
        _ context: AppContext
    ) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        let job = id == "latest" ? try await jobs.latestJob(kind) : try await jobs.job(id: id)
        guard let job, job.kind == kind else { throw APIError.notFound(kind.rawValue) }
        return JSONBody.response(JobResponse(job, isRun: true))
    }
}
