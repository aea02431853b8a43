import Hummingbird

/// `GET /openapi.json`: what this service takes and answers, for programs to read and people to generate clients from.
///
/// Written by hand, in `OpenAPI/openapi.json`. A new route is an entry of its `paths`, which tests ask for.
struct OpenAPIController: Sendable {
    // Compressed once, however many applications there are.
    private static let document = Asset(
        "openapi.json",
        type: "application/json; charset=utf-8",
        PackageResources.openapi_json
    )

    func addRoutes(to routes: inout Routes) {
        routes.get("/openapi.json") { request, _ in AssetsController.response(Self.document, request) }
    }
}
