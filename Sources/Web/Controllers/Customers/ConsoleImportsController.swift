import Billing
import Hummingbird
import Storage

/// Starts and shows imports from Console's own database; the service's worker does them.
struct ConsoleImportsController: Sendable {
    let jobs: any JobStore
    /// Whether a database of Console's is configured.
    let isConfigured: Bool

    func addRoutes(to routes: Routes) {
        routes.post("/v1/console_imports", for: .ops, use: begin)
        routes.get("/v1/console_imports/{id}", for: .ops, use: show)
    }

    @Sendable
    private func begin(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let isDryRun = try query.flag("dry_run") ?? false
        try query.finish()
        guard isConfigured else {
            throw APIError(
                .conflict,
                "console_database_missing",
                "No database of Console's is configured. Set CONSOLE_DATABASE_URL, and start the service again."
            )
        }
        let job = try await jobs.beginImport(isDryRun: isDryRun, isFull: true, now: context.now)
        context.logger.notice("console import requested", metadata: ["by": "\(context.caller.name)"])
        return JSONBody.response(ConsoleImportResponse(job, now: context.now), status: .accepted)
    }

    /// `latest` is the id of the import that is no dry run.
    @Sendable
    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        let job = try await jobs.job(id: id == "latest" ? Job.importID(isDryRun: false) : id)
        guard let job, job.kind == .consoleImport else { throw APIError.notFound("console import") }
        return JSONBody.response(ConsoleImportResponse(job, now: context.now))
    }
}
