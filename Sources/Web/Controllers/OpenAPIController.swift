import Hummingbird

/// `GET /openapi.json`: what this service takes and answers, for programs to read and people to generate clients from.
///
/// Written by hand, in `OpenAPI/openapi.json`. A new route is an entry of its `paths`, which tests ask for.
struct OpenAPIController: Sendable {
    // Compressed once, however many applications there are.
    private static let documentAtRoot = document(PackageResources.openapi_json)

    private let document: Asset

    /// - Parameter root: The path before ours in `PUBLIC_URL`; empty at the root of a host. Paths of the document are
    ///   appended to its server's URL: <https://spec.openapis.org/oas/v3.1.1.html#server-object>
    init(under root: String) {
        let text = String(decoding: PackageResources.openapi_json, as: UTF8.self)
        document =
            root.isEmpty
            ? Self.documentAtRoot
            : Self.document(
                Array(
                    text.replacing(#""servers": [{"url": "/"}]"#, with: #""servers": [{"url": "\#(root)"}]"#)
                        .utf8
                )
            )
    }

    func addRoutes(to routes: inout Routes) {
        routes.get("/openapi.json", cost: .free) { [document] request, _ in
            AssetsController.response(document, request)
        }
    }

    private static func document(_ bytes: [UInt8]) -> Asset {
        Asset("openapi.json", type: "application/json; charset=utf-8", bytes)
    }
}
