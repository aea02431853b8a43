import Hummingbird

/// Registers each route with its cost.
struct Routes {
    let router = Router(context: AppContext.self, options: [.autoGenerateHeadEndpoints])

    func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) {
        router.on(RouterPath(path), method: method) { request, context in
            context.allowance?.cost = cost
            guard cost == .range else { return try await handler(request, context) }
            return try await withTaskExecutorPreference(HeavyReads.threads) {
                try await handler(request, context)
            }
        }
    }

    func get(
        _ path: String,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) { on(.get, path, cost: cost, use: handler) }

    func post(
        _ path: String,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) { on(.post, path, cost: cost, use: handler) }
}
