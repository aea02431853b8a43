import Hummingbird
import Storage

/// Whether the process is alive, and whether it could store an event.
///
/// Whether Stripe is up is neither.
struct HealthController: Sendable {
    let store: any Store

    func addRoutes(to routes: inout Routes) {
        for path in ["/healthz", "/v1/healthz/liveness"] {
            routes.get(path) { _, _ in JSONBody.response(Status(status: "ok")) }
        }
        for path in ["/readyz", "/v1/healthz/readiness"] { routes.get(path, use: readiness) }
    }

    @Sendable
    private func readiness(_ request: Request, _ context: AppContext) async throws -> Response {
        try await store.checkReady()
        return JSONBody.response(Status(status: "ready"))
    }

    private struct Status: Encodable { let status: String }
}
