import Hummingbird

/// Answers the requests that no route handles: 405 with the allowed methods for a known path, otherwise 404.
///
/// It must be added to the router after all routes: then it stands in front of none of them, only of the
/// router's own answer to such a request.
struct UnroutedRequests: RouterMiddleware {
    private let routes: [(path: RouterPath, method: HTTPRequest.Method)]

    /// - Parameter routes: The router's routes; ``DeliveryHandler`` answers the one of deliveries in front of it.
    init(routes: [Router<AppContext>.RouteDescription]) {
        self.routes = routes.map { ($0.path, $0.method) } + [(RouterPath(WebhookController.path), .post)]
    }

    func handle(
        _ request: Request,
        context: AppContext,
        next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        let allowed = methods(at: request.uri.path)
        guard !allowed.isEmpty else {
            throw APIError(
                .notFound,
                "route_unknown",
                "There is nothing at this path. GET /openapi.json lists the routes."
            )
        }
        let names = allowed.joined(separator: ", ")
        throw APIError(
            .methodNotAllowed,
            "method_not_allowed",
            "This path is there for \(names) only.",
            headers: [.allow: names]
        )
    }

    private func methods(at path: String) -> [String] {
        let segments = path.split(separator: "/")
        var found: Set<String> = []
        for route in routes where Self.matches(route.path, segments) {
            found.insert(route.method.rawValue)
            // The router answers HEAD wherever there is a GET.
            if route.method == .get { found.insert(HTTPRequest.Method.head.rawValue) }
        }
        return found.sorted()
    }

    private static func matches(_ pattern: RouterPath, _ segments: [Substring]) -> Bool {
        pattern.count == segments.count && zip(pattern, segments).allSatisfy { $0 ~= $1 }
    }
}
