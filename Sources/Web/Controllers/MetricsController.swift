import Hummingbird
import NIOCore
import PrometheusMetrics

/// `GET /metrics`: numbers for Prometheus, with a key for them or from this machine itself.
struct MetricsController: Sendable {
    let sources: [any MetricSource]
    let authenticator: Authenticator

    func addRoutes(to routes: inout Routes) {
        routes.get("/metrics", use: metrics)
    }

    @Sendable
    private func metrics(_ request: Request, _ context: AppContext) async throws -> Response {
        if !Self.isFromHere(request, context) {
            _ = try await authenticator.caller(of: request, needing: .metricsRead, context)
        }
        var text = ""
        for source in sources { text += try await source.families().map(\.text).joined() }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store",
            ],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }

    /// Whether a process of this machine asks for itself: what came through a proxy is somebody else's question.
    private static func isFromHere(_ request: Request, _ context: AppContext) -> Bool {
        let isForwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].contains { name in
            request.headers.contains { $0.name.canonicalName == name }
        }
        guard !isForwarded, let address = context.channel.remoteAddress?.ipAddress else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}
