import Billing
import Hummingbird
import Storage

/// Backfills and reconciliations, for operators: started here, and run by the service's worker.
struct JobsController: Sendable {
    let jobs: any JobStore
    let authenticator: Authenticator
    /// Whether there is a key for Stripe's API.
    let canAskStripe: Bool

    func addRoutes(to routes: Routes) {
        routes.post("/v1/backfills") { try await begin(.backfill, $0, $1) }
        routes.get("/v1/backfills/{id}") { try await show(.backfill, $0, $1) }
        routes.post("/v1/reconciliations") { try await begin(.reconciliation, $0, $1) }
        routes.get("/v1/reconciliations/{id}") { try await show(.reconciliation, $0, $1) }
    }

    private func begin(
        _ kind: Job.Kind,
        _ request: Request,
        _ context: AppContext
    ) async throws -> Response {
        let caller = try await authenticator.caller(of: request, needing: .ops, context)
        var query = try QueryReader(request)
        let jobRequest = try query.jobRequest(kind, now: context.now)
        guard canAskStripe else {
            throw APIError(
                .conflict,
                .invalidRequest,
                code: "stripe_key_missing",
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
            context.logger.notice("job requested", metadata: ["job": "\(job.id)", "by": "\(caller.name)"])
            return JSONBody.response(JobResponse(job), status: .accepted)
        case .underWay(let job):
            return JSONBody.response(JobResponse(job), status: .accepted)
        case .occupied(let job):
            throw APIError(
                .conflict,
                .invalidRequest,
                code: "run_under_way",
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
        _ = try await authenticator.caller(of: request, needing: .ops, context)
        let id = try context.pathID()
        try QueryReader(request).finish()
        let job = id == "latest" ? try await jobs.latestJob(kind) : try await jobs.job(id: id)
        guard let job, job.kind == kind else { throw APIError.notFound(kind.rawValue) }
        return JSONBody.response(JobResponse(job))
    }
}
