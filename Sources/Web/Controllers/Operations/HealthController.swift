import Billing
import Hummingbird
import Synchronization

/// Liveness, which says that the process runs, and readiness, which says that the store can record an event.
///
/// Neither depends on whether Stripe is available.
struct HealthController: Sendable {
    let readiness: Readiness

    func addRoutes(to routes: Routes) {
        for path in ["/healthz", "/v1/healthz/liveness"] {
            routes.get(path, cost: .free) { _, _ in JSONBody.response(Status(status: "ok")) }
        }
        for path in ["/readyz", "/v1/healthz/readiness"] { routes.get(path, cost: .free, use: answer) }
    }

    @Sendable
    private func answer(_ request: Request, _ context: AppContext) async throws -> Response {
        try await readiness.check(now: context.now)
        return JSONBody.response(Status(status: "ready"))
    }

    private struct Status: Encodable { let status: String }
}

/// Checks whether the store can record an event, at most once a second for all callers.
///
/// The check of the embedded database uses its only writer, which events need.
final class Readiness: Sendable {
    private let ask: @Sendable () async throws -> Void
    private let last = Mutex<(at: Instant, check: Task<Void, any Error>)?>(nil)

    init(_ ask: @escaping @Sendable () async throws -> Void) { self.ask = ask }

    func check(now: Instant) async throws {
        let check = last.withLock { last -> Task<Void, any Error> in
            if let last, last.at == now { return last.check }
            let check = Task { [ask] in try await ask() }
            last = (now, check)
            return check
        }
        try await check.value
    }
}
