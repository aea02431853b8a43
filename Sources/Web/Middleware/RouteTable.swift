import Hummingbird

/// All routes, so that a wrong method on a known path is distinguished from an unknown path.
struct RouteTable: Sendable {
    private var routes: [(segments: [Substring], method: HTTPRequest.Method)] = []
    private var costs: [String: RouteCost] = [:]

    mutating func add(_ method: HTTPRequest.Method, _ path: String, _ cost: RouteCost) {
        routes.append((path.split(separator: "/"), method))
        costs["\(method) \(path)"] = cost
    }

    /// The cost of a request; `free` if no route matches.
    ///
    /// The path is the route's pattern as it was registered.
    func cost(of method: HTTPRequest.Method, at path: String?) -> RouteCost {
        let method = method == .head ? .get : method
        return path.flatMap { costs["\(method) \($0)"] } ?? .free
    }

    /// The error for a request that no route handles: 405 with the allowed methods, or 404.
    func absence(of request: Request) -> APIError {
        let allowed = methods(at: request.uri.path)
        guard !allowed.isEmpty else {
            return APIError(
                .notFound,
                .invalidRequest,
                code: "route_unknown",
                "There is nothing at this path. GET /openapi.json lists the routes."
            )
        }
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return APIError(
            .methodNotAllowed,
            .invalidRequest,
            code: "method_not_allowed",
            "This path is there for \(names) only.",
            headers: [.allow: names]
        )
    }

    private func methods(at path: String) -> [HTTPRequest.Method] {
        let segments = path.split(separator: "/")
        var found: [HTTPRequest.Method] = []
        for route in routes where Self.matches(route.segments, segments) {
            if !found.contains(route.method) { found.append(route.method) }
            if route.method == .get, !found.contains(.head) { found.append(.head) }
        }
        return found
    }

    private static func matches(_ pattern: [Substring], _ path: [Substring]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

/// Registers each route with the router and in the table.
struct Routes {
    let router = Router(context: AppContext.self, options: [.autoGenerateHeadEndpoints])
    private(set) var table = RouteTable()

    mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) {
        table.add(method, path, cost)
        guard cost == .range else {
            router.on(RouterPath(path), method: method, use: handler)
            return
        }
        router.on(RouterPath(path), method: method) { request, context in
            try await withTaskExecutorPreference(HeavyReads.threads) { try await handler(request, context) }
        }
    }

    mutating func get(
        _ path: String,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) { on(.get, path, cost: cost, use: handler) }

    mutating func post(
        _ path: String,
        cost: RouteCost = .row,
        use handler: @Sendable @escaping (Request, AppContext) async throws -> Response
    ) { on(.post, path, cost: cost, use: handler) }
}
