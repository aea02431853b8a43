import Hummingbird

/// Registers each route with its cost, and with the scope that its callers need.
struct Routes {
    let authenticator: Authenticator
    let router = Router(context: AppContext.self, options: [.autoGenerateHeadEndpoints])

    func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        for scope: Scope? = nil,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) {
        router.on(RouterPath(path), method: method) { [authenticator] request, context in
            var context = context
            context.allowance?.cost = cost
            if let scope {
                context.caller = try await authenticator.caller(of: request, needing: scope, context)
            }
            guard cost == .range else { return try await handler(request, context) }
            return try await withTaskExecutorPreference(HeavyReads.threads) { [context] in
                try await handler(request, context)
            }
        }
    }

    func get(
        _ path: String,
        for scope: Scope? = nil,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) { on(.get, path, for: scope, cost: cost, use: handler) }

    func post(
        _ path: String,
        for scope: Scope? = nil,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) { on(.post, path, for: scope, cost: cost, use: handler) }
}
