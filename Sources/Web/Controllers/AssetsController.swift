import HTTPTypes
import Hummingbird

/// The scripts and styles of the pages.
struct AssetsController: Sendable {
    let assets: Assets

    func addRoutes(to routes: Routes) {
        for path in ["/assets/billing.css", "/assets/billing.js", "/assets/receipt.css", "/assets/chart.js"] {
            let asset = assets.all.first { $0.path == path }
            routes.get(path, cost: .free) { request, _ in
                guard let asset else { throw APIError.notFound("file") }
                return Self.response(asset, request)
            }
        }
    }

    static func response(_ asset: Asset, _ request: Request) -> Response {
        let body = AcceptedEncoding.includesGzip(request.headers) ? asset.compressed : nil
        let tag = "\"\(asset.version)\(body == nil ? "" : "-gzip")\""
        var headers: HTTPFields = [
            .eTag: tag, .vary: "Accept-Encoding", .contentType: asset.type,
            .cacheControl: request.uri.query == "v=\(asset.version)"
                ? "public, max-age=31536000, immutable" : "public, no-cache",
        ]
        if (request.headers[.ifNoneMatch] ?? "").split(separator: ",").contains(where: { $0.contains(tag) }) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentEncoding] = body == nil ? nil : "gzip"
        return Response(
            status: .ok,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: body ?? asset.bytes))
        )
    }
}
