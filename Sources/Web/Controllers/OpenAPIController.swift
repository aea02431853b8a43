import Hummingbird

/// `GET /openapi.json`: the description of the API, for generating clients.
///
/// `OpenAPI/openapi.json` is written by hand. A new route needs an entry in its `paths`; a test checks this.
struct OpenAPIController: Sendable {
    // Compressed only once, even if the process builds several applications.
    private static let documentAtRoot = document(PackageResources.openapi_json)

    private let document: Asset

    /// - Parameter root: The path prefix in `PUBLIC_URL`; empty at the root of a host. Clients append the
    ///   document's paths to the server's URL: <https://spec.openapis.org/oas/v3.1.1.html#server-object>
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

    func addRoutes(to routes: Routes) {
        routes.get("/openapi.json", cost: .free) { [document] request, _ in
            AssetsController.response(document, request)
        }
    }

    private static func document(_ bytes: [UInt8]) -> Asset {
        Asset("openapi.json", type: "application/json; charset=utf-8", bytes)
    }
}
