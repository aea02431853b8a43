import Billing
import Hummingbird
package import Storage

/// Starts and shows the sync of usage from the chain; the service's worker runs the sync.
struct UsageSyncController: Sendable {
    let jobs: any JobStore
    let usage: any UsageLedger
    /// `nil` if no source is configured.
    let source: UsageSyncSource?

    func addRoutes(to routes: Routes) {
        routes.post("/v1/usage/syncs", for: .usageWrite, use: begin)
        routes.get("/v1/usage/syncs/{id}", for: .usageWrite, use: show)
    }

    @Sendable
    private func begin(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let isFull = try query.flag("full") ?? false
        try query.finish()
        guard let source else {
            throw APIError(
                .conflict,
                "usage_source_missing",
                "No source of usage is configured. Set USAGE_INDEXER_URL or AKASH_NODE_URL, and start the service again."
            )
        }
        let (job, isBegun) = try await jobs.beginSync(
            source.kind,
            chainID: source.chainID,
            isFull: isFull,
            now: context.now
        )
        if isBegun {
            context.logger.notice("usage sync requested", metadata: ["by": "\(context.caller.name)"])
        }
        return try await answer(job, context.now, status: .accepted)
    }

    /// `latest` is the id of the newest sync.
    @Sendable
    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        let job = try await jobs.job(id: id == "latest" ? Job.Kind.usageSync.rawValue : id)
        guard let job, job.kind == .usageSync else { throw APIError.notFound("usage sync") }
        return try await answer(job, context.now, status: .ok)
    }

    private func answer(
        _ job: Job,
        _ now: Instant,
        status: HTTPResponse.Status
    ) async throws -> Response {
        let newest = try await usage.newestDay()
        return JSONBody.response(UsageSyncResponse(job, newestDay: newest, now: now), status: status)
    }
}

/// The source from which usage is synced.
package struct UsageSyncSource: Sendable, Equatable {
    package let kind: UsageSourceKind
    package let chainID: String

    package init(_ kind: UsageSourceKind, chainID: String) {
        self.kind = kind
        self.chainID = chainID
    }
}
