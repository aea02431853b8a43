import Hummingbird

/// The style sheets of our own pages.
struct AssetsController: Sendable {
    func addRoutes(to routes: inout Routes) {
        routes.get("/assets/receipt.css") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=3600"],
                body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.receipt_css))
            )
        }
    }
}
